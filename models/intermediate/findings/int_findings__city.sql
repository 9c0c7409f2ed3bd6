with

benchmarks as (
    select
        *,
        strftime(quarter, '%Y-%m') as row_key
    from {{ ref('stg_city__benchmarks') }}
    where
        district = (select own.district_code from {{ ref('settings') }} as own)
        -- the quarter that ended last
        and quarter = date_trunc('quarter', {{ known_at() }} + 1) - interval 3 month
),

offences as (
    select * from {{ ref('fct_offences') }}
),

reach as (
    select * from {{ ref('fct_register_reach') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

own_at_risk as (
    select count(*) as persons
    from reach
    inner join benchmarks
        on
            reach.starts_from <= benchmarks.quarter
            and reach.starts_to >= benchmarks.quarter
            and reach.ends_from <= last_day(benchmarks.quarter + interval 2 month)
            and reach.ends_before > last_day(benchmarks.quarter + interval 2 month)
),

own_reoffenders as (
    select count(distinct offences.person_key) as persons
    from offences
    inner join benchmarks
        on
            offences.offended_on >= benchmarks.quarter
            and offences.offended_on < benchmarks.quarter + interval 3 month
    inner join covered_days
        on
            offences.person_key = covered_days.person_key
            and offences.offended_on >= covered_days.valid_from
            and offences.offended_on < covered_days.valid_to
),

different as (
    select benchmarks.*
    from benchmarks
    cross join own_at_risk
    cross join own_reoffenders
    where
        benchmarks.at_risk_persons != own_at_risk.persons
        or benchmarks.reoffenders != own_reoffenders.persons
),

final as (
    {{ finding('W50', "'city.benchmarks'", 'different', 'row_key', since='delivered_on') }}
)

select * from final
