with

person_rows as (
    select * from {{ ref('int_person_rows') }}
),

links as (
    select * from {{ ref('int_person_links') }}
),

final as (
    select
        links.feed || ' ' || links.row_key as unique_id,
        split_part(links.feed, '.', 1) as agency,
        split_part(links.feed, '.', 2) as feed,
        links.row_key as shown_key,
        {{ masked_name('person_rows.name') }} as masked_name,
        person_rows.name,
        person_rows.birth_date::varchar as birth_date,
        person_rows.sex
    from links
    inner join person_rows
        on
            links.feed = person_rows.feed
            and links.row_key = person_rows.row_key
    where
        links.rule = 6
        and person_rows.name is not null
)

select * from final
