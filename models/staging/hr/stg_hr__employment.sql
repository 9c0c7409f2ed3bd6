with

in_force as (
    {{ in_force_incremental(source('hr', 'employment'), ['record_no']) }}
),

final as (
    select
        record_no,
        name,
        id_no,
        kind,
        recorded_on,
        employer,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
