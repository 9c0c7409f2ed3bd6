with

checked as (
    select * from {{ source('finance', 'budget') }}
),

in_force as (
    {{ in_force_snapshot('checked', ['year', 'item'], 'finance.budget') }}
),

final as (
    select
        year,
        item,
        budget_yuan,
        spent_yuan,
        as_of,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
