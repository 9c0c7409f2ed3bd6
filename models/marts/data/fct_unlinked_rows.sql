with

unlinked_rows as (
    select * from {{ ref('int_unlinked_rows') }}
),

final as (
    select
        feed,
        batch_id,
        row_no
    from unlinked_rows
)

select * from final
