with

unlinked_rows as (
    select * from {{ ref('int_unlinked_rows') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

final as (
    select
        unlinked_rows.feed || ' ' || unlinked_rows.row_key as unique_id,
        split_part(unlinked_rows.feed, '.', 1) as agency,
        split_part(unlinked_rows.feed, '.', 2) as feed,
        {{ shown_key(
            'unlinked_rows.row_key', 'unlinked_rows.feed', 'batches.file_name', 'unlinked_rows.row_no', 'batches.sheets'
        ) }} as shown_key,
        {{ masked_name('unlinked_rows.name') }} as masked_name,
        unlinked_rows.name,
        unlinked_rows.birth_date::varchar as birth_date,
        unlinked_rows.sex
    from unlinked_rows
    left join batches on unlinked_rows.batch_id = batches.batch_id
    where
        unlinked_rows.link_rule = 6
        and unlinked_rows.name is not null
)

select * from final
