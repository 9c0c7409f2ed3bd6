with

-- nobody is followed beyond the day asked for, nor beyond what is known: the last end of the periods
last_day as (
    select max(ends_on) as followed_until
    from {{ ref('periods') }}
),

horizons as (
    select * from {{ ref('dim_horizon') }}
),

followed as (
    select
        subjects.*,
        last_day.followed_until,
        least(last_day.followed_until, coalesce(subjects.moved_on, last_day.followed_until)) as censored_on
    from {{ ref('fct_cohort_subjects') }} as subjects
    cross join last_day
    where subjects.released_on <= last_day.followed_until
),

-- on the same day: offence, then death, then censoring
outcomes as (
    select
        cohort,
        cohort_ends_on,
        followed_until,
        coalesce(offended_on <= least(died_on, censored_on), false) as has_offended,
        coalesce(died_on <= censored_on, false) and coalesce(died_on < offended_on, true) as has_died,
        least(censored_on, died_on, offended_on) - released_on as follow_up_days
    from followed
),

-- from here on one row per cohort and length of follow-up
durations as (
    select
        cohort,
        follow_up_days,
        count(*) as leavers,
        count(*) filter (where has_offended) as offended,
        count(*) filter (where has_died) as died
    from outcomes
    group by cohort, follow_up_days
),

risk_sets as (
    select
        *,
        sum(leavers) over (partition by cohort order by follow_up_days desc) as at_risk
    from durations
),

-- factors of the survival curves; the logarithm of nothing left is kept apart
factors as (
    select
        *,
        case when offended < at_risk then ln(1 - offended / at_risk) end as log_factor,
        case when offended + died < at_risk then ln(1 - (offended + died) / at_risk) end as log_factor_all,
        case when offended < at_risk then offended / (at_risk * (at_risk - offended)) end as variance_part
    from risk_sets
),

curves as (
    select
        cohort,
        follow_up_days,
        leavers,
        offended,
        log_factor is null as is_last,
        sum(log_factor) over (partition by cohort order by follow_up_days) as log_survival,
        sum(variance_part) over (partition by cohort order by follow_up_days) as variance_sum,
        offended / at_risk * exp(coalesce(sum(log_factor_all) over (
            partition by cohort
            order by follow_up_days
            rows between unbounded preceding and 1 preceding
        ), 0)) as incidence_part
    from factors
),

cohort_sizes as (
    select
        cohort,
        any_value(cohort_ends_on) as cohort_ends_on,
        any_value(followed_until) as followed_until,
        count(*) as n
    from outcomes
    group by cohort
),

at_horizons as (
    select
        cohort_sizes.cohort,
        cohort_sizes.n,
        horizons.horizon_days,
        cohort_sizes.followed_until >= cohort_sizes.cohort_ends_on + horizons.horizon_days as complete,
        coalesce(sum(curves.offended), 0) as events,
        coalesce(sum(curves.leavers) filter (
            where curves.follow_up_days < horizons.horizon_days
        ), 0) as left_before,
        bool_or(coalesce(curves.is_last, false)) as has_everyone_failed,
        coalesce(min(curves.log_survival), 0) as log_survival,
        sqrt(coalesce(max(curves.variance_sum), 0)) as log_se,
        coalesce(sum(curves.incidence_part), 0) as cif
    from cohort_sizes
    cross join horizons
    left join curves
        on
            cohort_sizes.cohort = curves.cohort
            and horizons.horizon_days >= curves.follow_up_days
    group by all
),

final as (
    select
        cohort,
        horizon_days,
        n,
        events::integer as events,
        (n - left_before)::integer as n_at_risk,
        case when has_everyone_failed then 1 else 1 - exp(log_survival) end as km_incidence,
        case when not has_everyone_failed then exp(log_survival) * log_se end as km_se,
        case when not has_everyone_failed and events > 0 then {{ log_log_bound('-') }} end as km_lo,
        case when not has_everyone_failed and events > 0 then {{ log_log_bound('+') }} end as km_hi,
        cif,
        events / n as observed_rate,
        complete
    from at_horizons
)

select * from final
order by cohort, horizon_days
