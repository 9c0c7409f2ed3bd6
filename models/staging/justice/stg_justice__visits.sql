with

in_force as (
    {{ in_force_incremental(source('justice', 'visits'), ['visit_no']) }}
),

final as (
    select
        visit_no,
        register_no,
        visited_on,
        visitor,
        mode,
        conduct,
        counselled,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
