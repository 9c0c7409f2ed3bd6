with

training as (
    select *
    from ({{ linked_rows('hr.training') }}) as linked
    where person_key is not null
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        training.enrolment_no,
        training.person_key,
        training.started_on,
        training.finished_on,
        training.subsidy_yuan,
        training.subsidy_paid_on,
        covered_days.township_code,
        coalesce(training.passed, false) and training.certificate_no is not null as is_certified
    from training
    left join covered_days
        on
            training.person_key = covered_days.person_key
            and training.started_on >= covered_days.valid_from
            and training.started_on < covered_days.valid_to
)

select * from final
