with

checked as (
    select * from {{ source('justice', 'visits') }}
),

in_force as (
    {{ in_force_incremental('checked', ['visit_no']) }}
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
