with

periods as (
    select *
    from {{ ref('periods') }}
    where previous_period_id is not null
),

-- enrolments that training.persons counts
training as (
    select *
    from {{ ref('fct_training') }}
    where township_code is not null
),

employed_days as (
    select *
    from {{ ref('fct_employment_days') }}
    where is_employed
),

trained as (
    select
        periods.period_id,
        training.person_key,
        training.township_code,
        bool_or(training.is_certified and training.finished_on <= periods.as_of) as is_certified,
        bool_or(employed_days.person_key is not null) as is_employed
    from periods
    inner join training on training.started_on between periods.starts_on and periods.ends_on
    left join employed_days
        on
            training.person_key = employed_days.person_key
            and periods.as_of >= employed_days.valid_from
            and periods.as_of < employed_days.valid_to
    group by grouping sets (
        (periods.period_id, training.person_key),
        (periods.period_id, training.person_key, training.township_code)
    )
),

final as (
    select
        period_id,
        township_code,
        count(*) as trained,
        count(*) filter (where is_certified) as certified,
        count(*) filter (where is_certified and is_employed) as certified_employed,
        count(*) filter (where is_employed) as employed
    from trained
    group by period_id, township_code
)

select * from final
