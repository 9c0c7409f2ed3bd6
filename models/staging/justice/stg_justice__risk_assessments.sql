with

in_force as (
    {{ in_force_incremental(source('justice', 'risk_assessments'), ['assessment_no']) }}
),

final as (
    select
        assessment_no,
        register_no,
        assessed_on,
        colour,
        reason,
        approver,
        plan_on,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
