with

unlinked_rows as (
    select * from {{ ref('int_unlinked_rows') }}
),

final as (
    select
        feed || ' ' || row_key as unique_id,
        split_part(feed, '.', 1) as agency,
        split_part(feed, '.', 2) as feed,
        row_key as shown_key,
        {{ masked_name('name') }} as masked_name,
        name,
        birth_date::varchar as birth_date,
        sex
    from unlinked_rows
    where
        link_rule = 6
        and name is not null
)

select * from final
