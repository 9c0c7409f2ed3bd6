with

in_force as (
    {{ in_force_incremental(source('health', 'counselling'), ['record_no']) }}
),

final as (
    select
        record_no,
        name,
        id_no,
        counselled_on,
        provider,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
