with

training as (
    select * from {{ ref('stg_hr__training') }}
),

links as (
    select * from {{ ref('int_person_links') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        training.enrolment_no,
        links.person_key,
        training.started_on,
        training.finished_on,
        training.subsidy_yuan,
        training.subsidy_paid_on,
        covered_days.township_code,
        coalesce(training.passed, false) and training.certificate_no is not null as is_certified
    from training
    inner join links
        on
            links.feed = 'hr.training'
            and training.enrolment_no = links.row_key
            and links.is_linked
    left join covered_days
        on
            links.person_key = covered_days.person_key
            and training.started_on >= covered_days.valid_from
            and training.started_on < covered_days.valid_to
)

select * from final
