with

in_force as (
    {{ in_force_incremental(source('city', 'benchmarks'), ['district', 'quarter']) }}
),

final as (
    select
        district,
        quarter,
        at_risk_persons,
        reoffenders,
        document_no,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
