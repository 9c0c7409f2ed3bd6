with

periods as (
    select * from {{ ref('periods') }}
),

reach as (
    select * from {{ ref('fct_register_reach') }}
),

reoffences as (
    {{ reoffences() }}
),

at_risk as (
    select
        periods.period_id,
        reach.township_code,
        count(*) as at_risk
    from periods
    inner join reach on {{ at_risk('reach', 'periods') }}
    group by grouping sets ((periods.period_id), (periods.period_id, reach.township_code))
),

reoffending_persons as (
    select distinct
        period_id,
        starts_on,
        ends_on,
        person_key
    from reoffences
),

reoffenders as (
    select
        reoffending_persons.period_id,
        reach.township_code,
        count(*) as reoffenders
    from reoffending_persons
    inner join reach
        on
            reoffending_persons.person_key = reach.person_key
            and {{ at_risk('reach', 'reoffending_persons') }}
    group by grouping sets (
        (reoffending_persons.period_id),
        (reoffending_persons.period_id, reach.township_code)
    )
),

counted as (
    select
        at_risk.period_id,
        at_risk.township_code,
        at_risk.at_risk,
        coalesce(reoffenders.reoffenders, 0) as reoffenders
    from at_risk
    left join reoffenders
        on
            at_risk.period_id = reoffenders.period_id
            and at_risk.township_code is not distinct from reoffenders.township_code
),

final as (
    {{ figure_cells('counted', 'recidivism.reoffenders', 'reoffenders') }}
    union all
    {{ figure_cells('counted', 'recidivism.at_risk', 'at_risk') }}
    union all
    {{ figure_cells('counted', 'recidivism.rate', 'reoffenders', denominator='at_risk') }}
)

select * from final
