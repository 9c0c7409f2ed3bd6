with

persons as (
    select * from {{ ref('int_persons') }}
),

releases as (
    select
        person_key,
        released_on,
        prior_convictions,
        row_number() over (partition by person_key order by released_on, release_no) as release_number
    from {{ ref('fct_releases') }}
),

-- a repeater from the first release with a conviction before it, or from the second release
repeaters as (
    select
        person_key,
        min(released_on) as repeat_from
    from releases
    where
        prior_convictions >= 1
        or release_number >= 2
    group by person_key
),

documents as (
    select
        links.person_key,
        register.name,
        register.registered_on as dated_on,
        1 as preference,
        register.register_no as document_no
    from {{ ref('stg_justice__register') }} as register
    inner join {{ ref('int_person_links') }} as links
        on
            links.feed = 'justice.register'
            and register.register_no = links.row_key
    union all
    select
        links.person_key,
        releases.name,
        releases.released_on as dated_on,
        2 as preference,
        releases.release_no as document_no
    from {{ ref('stg_corrections__releases') }} as releases
    inner join {{ ref('int_person_links') }} as links
        on
            links.feed = 'corrections.releases'
            and releases.release_no = links.row_key
),

newest_documents as (
    select
        *,
        row_number() over (
            partition by person_key
            order by preference asc, dated_on desc, document_no desc
        ) as place
    from documents
),

final as (
    select
        persons.person_key,
        {{ masked_name('newest_documents.name') }} as masked_name,
        repeaters.repeat_from
    from persons
    inner join newest_documents
        on
            persons.person_key = newest_documents.person_key
            and newest_documents.place = 1
    left join repeaters on persons.person_key = repeaters.person_key
)

select * from final
