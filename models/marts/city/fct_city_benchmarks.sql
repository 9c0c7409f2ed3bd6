with

benchmarks as (
    select * from {{ ref('stg_city__benchmarks') }}
),

settings as (
    select * from {{ ref('settings') }}
),

final as (
    select
        benchmarks.district as district_code,
        benchmarks.quarter,
        benchmarks.at_risk_persons,
        benchmarks.reoffenders,
        benchmarks.district = settings.district_code as is_own
    from benchmarks
    cross join settings
)

select * from final
