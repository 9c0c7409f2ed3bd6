-- One row per cohort and horizon, day 0 included; what cannot be observed yet is said, not drawn.
with

known as (
    select known_at from dashboards.main.build_info
),

points as (
    select
        cohort,
        horizon_days,
        n,
        km_incidence,
        complete,
        events,
        n_at_risk
    from dashboards.main.cohorts
    union all
    select distinct
        cohort,
        0 as horizon_days,
        n,
        0 as km_incidence,
        true as complete,
        0 as events,
        n as n_at_risk
    from dashboards.main.cohorts
),

followed as (
    select
        points.*,
        round(points.horizon_days / 365, 1)::double as horizon_years,
        rtrim(rtrim(round(points.horizon_days / 365, 1)::decimal(9, 1)::varchar, '0'), '.') || '年' as horizon_label,
        case when points.complete then points.km_incidence end as observed_incidence,
        count(*) filter (where points.complete and points.horizon_days > 0) over (partition by points.cohort) as full_horizons,
        dense_rank() over (order by points.cohort desc) as cohorts_back,
        '释放于 ' || min(points.cohort) over () || ' 至 ' || max(points.cohort) over () || '，截至 ' || known.known_at as window_text
    from points
    cross join known
)

select
    *,
    -- those with a horizon that is over, the latest first
    dense_rank() over (partition by full_horizons > 0 order by cohort desc)::integer as drawn_back
from followed
