with

links as (
    select *
    from {{ source('landing', 'links') }}
    where decided_on <= {{ known_at() }}
),

feed_spellings as (
    {{ feed_names() }}
),

-- an agency's and a feed's name may be in different languages
feeds as (
    select distinct
        agencies.feed,
        agencies.agency_name,
        feed_spellings.feed_name
    from feed_spellings as agencies
    inner join feed_spellings on agencies.feed = feed_spellings.feed
),

lines as (
    select
        feeds.feed,
        links.line_no,
        trim(links.key) as row_key,
        nullif(upper(trim(links.id_no)), '') as id_no
    from links
    inner join feeds
        on
            trim(links.agency) = feeds.agency_name
            and trim(links.feed) = feeds.feed_name
),

ranked as (
    select
        *,
        row_number() over (partition by feed, row_key order by line_no desc) as place
    from lines
),

final as (
    select
        feed,
        row_key,
        'id:' || id_no as person_id
    from ranked
    where place = 1
)

select * from final
