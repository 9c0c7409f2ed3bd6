with

periods as (
    select * from {{ ref('periods') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

reoffences as (
    {{ reoffences() }}
),

changes as (
    {{ changes_of('covered_days') }}
),

-- days lived on the register up to a day: the balance of openings and ends, each times the days since;
-- a window cut off before its start has none
person_days as (
    select
        periods.period_id,
        coalesce(sum(changes.persons * (
            greatest(periods.ends_on + 1 - changes.changed_on, periods.starts_on - changes.changed_on, 0)
            - greatest(periods.starts_on - changes.changed_on, 0)
        )), 0) as person_days
    from periods
    left join changes on periods.ends_on >= changes.changed_on
    group by periods.period_id
),

cases as (
    select
        period_id,
        count(*) as cases
    from (
        select distinct
            period_id,
            person_key,
            case_no
        from reoffences
    ) as person_cases
    group by period_id
),

counted as (
    select
        person_days.period_id,
        person_days.person_days,
        coalesce(cases.cases, 0) as cases
    from person_days
    left join cases on person_days.period_id = cases.period_id
),

final as (
    {{ figure_cells('counted', 'recidivism.events', 'cases', township='null') }}
    union all
    {{ figure_cells('counted', 'recidivism.person_years', 'person_days', '365.25', township='null') }}
    union all
    {{ figure_cells('counted', 'recidivism.per_100_person_years', 'cases', 'person_days', township='null') }}
)

select * from final
