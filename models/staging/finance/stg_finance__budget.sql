with

in_force as (
    {{ in_force_snapshot(source('finance', 'budget'), ['year', 'item'], 'finance.budget') }}
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
