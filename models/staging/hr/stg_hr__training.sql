with

in_force as (
    {{ in_force_incremental(source('hr', 'training'), ['enrolment_no']) }}
),

final as (
    select
        enrolment_no,
        name,
        id_no,
        course,
        started_on,
        finished_on,
        passed,
        certificate_no,
        subsidy_yuan,
        subsidy_paid_on,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
