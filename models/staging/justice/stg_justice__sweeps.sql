with

in_force as (
    {{ in_force_incremental(source('justice', 'sweeps'), ['township', 'month']) }}
),

final as (
    select
        township,
        month,
        checked_persons,
        risks_found,
        completed_on,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
