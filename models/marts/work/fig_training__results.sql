with

periods as (
    select * from {{ ref('periods') }}
),

training as (
    select * from {{ ref('fct_training') }}
),

counted as (
    select
        periods.period_id,
        count(distinct training.person_key) filter (
            where training.started_on between periods.starts_on and periods.ends_on
            and training.township_code is not null
        ) as persons,
        count(*) filter (
            where training.finished_on between periods.starts_on and periods.ends_on
            and training.is_certified
        ) as certificates,
        coalesce(sum(training.subsidy_yuan) filter (
            where training.subsidy_paid_on between periods.starts_on and periods.ends_on
        ), 0) as subsidy_yuan
    from periods
    cross join training
    group by periods.period_id
),

by_township as (
    select
        periods.period_id,
        training.township_code,
        count(distinct training.person_key) as persons
    from periods
    inner join training on training.started_on between periods.starts_on and periods.ends_on
    where training.township_code is not null
    group by periods.period_id, training.township_code
),

final as (
    {{ figure_cells('counted', 'training.persons', 'persons', township='null') }}
    union all
    {{ figure_cells('by_township', 'training.persons', 'persons') }}
    union all
    {{ figure_cells('counted', 'training.certificates', 'certificates', township='null') }}
    union all
    {{ figure_cells('counted', 'training.subsidy_yuan', 'subsidy_yuan', township='null') }}
)

select * from final
