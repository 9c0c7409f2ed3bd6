with

benchmarks as (
    select * from {{ ref('stg_city__benchmarks') }}
    where district = (select own.district_code from {{ ref('settings') }} as own)
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

at_risk as (
    select
        benchmarks.quarter,
        count(*) as persons
    from benchmarks
    inner join reach
        on
            benchmarks.quarter >= reach.starts_from
            and benchmarks.quarter <= reach.starts_to
            and last_day(benchmarks.quarter + interval 2 month) >= reach.ends_from
            and last_day(benchmarks.quarter + interval 2 month) < reach.ends_before
    group by benchmarks.quarter
),

reoffenders as (
    select
        benchmarks.quarter,
        count(distinct offences.person_key) as persons
    from benchmarks
    inner join offences
        on
            benchmarks.quarter <= offences.offended_on
            and benchmarks.quarter + interval 3 month > offences.offended_on
    inner join covered_days
        on
            offences.person_key = covered_days.person_key
            and offences.offended_on >= covered_days.valid_from
            and offences.offended_on < covered_days.valid_to
    group by benchmarks.quarter
),

paired as (
    select
        benchmarks.quarter,
        benchmarks.batch_id,
        benchmarks.row_no,
        benchmarks.delivered_on,
        benchmarks.document_no,
        unnest(['recidivism.at_risk', 'recidivism.reoffenders']) as figure_id,
        unnest([benchmarks.at_risk_persons, benchmarks.reoffenders]) as city_persons,
        unnest([coalesce(at_risk.persons, 0), coalesce(reoffenders.persons, 0)]) as own_persons
    from benchmarks
    left join at_risk on benchmarks.quarter = at_risk.quarter
    left join reoffenders on benchmarks.quarter = reoffenders.quarter
),

compared as (
    select
        *,
        city_persons - own_persons as difference,
        abs(city_persons - own_persons) as persons_apart
    from paired
),

final as (
    select
        compared.quarter,
        compared.batch_id,
        compared.row_no,
        compared.delivered_on,
        compared.document_no,
        compared.figure_id,
        compared.city_persons,
        compared.own_persons,
        compared.difference,
        case
            when compared.persons_apart * 100 > compared.own_persons * limits.second_threshold then 'hard'
            when compared.persons_apart * 100 > compared.own_persons * limits.threshold then 'soft'
            else 'none'
        end as limit_passed
    from compared
    inner join {{ ref('rules') }} as limits on limits.rule = 'W50'
)

select * from final
