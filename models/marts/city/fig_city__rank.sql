with

periods as (
    select * from {{ ref('periods') }}
),

benchmarks as (
    select * from {{ ref('fct_city_benchmarks') }}
),

last_quarters as (
    select
        period_id,
        starts_on,
        (date_trunc('quarter', ends_on + 1) - interval 3 month)::date as last_quarter
    from periods
),

published as (
    select
        last_quarters.period_id,
        benchmarks.is_own,
        benchmarks.at_risk_persons::hugeint as at_risk_persons,
        benchmarks.reoffenders::hugeint as reoffenders
    from last_quarters
    left join benchmarks on last_quarters.last_quarter = benchmarks.quarter
    -- a quarter that begins before the window is not wholly inside it
    where last_quarters.starts_on <= last_quarters.last_quarter
),

own as (
    select *
    from published
    where is_own
),

-- fractions are compared crosswise, which is exact; without an own row there is no rank
ranked as (
    select
        published.period_id,
        own.reoffenders,
        own.at_risk_persons,
        count(published.is_own) as districts,
        case when own.period_id is not null then 1 end + count(*) filter (
            where published.reoffenders * own.at_risk_persons < own.reoffenders * published.at_risk_persons
        ) as place
    from published
    left join own on published.period_id = own.period_id
    group by published.period_id, own.period_id, own.reoffenders, own.at_risk_persons
),

final as (
    {{ figure_cells('ranked', 'city.rank', 'place', denominator='districts', township='null') }}
    union all
    {{ figure_cells('ranked', 'city.rate', 'reoffenders', denominator='at_risk_persons', township='null') }}
)

select * from final
