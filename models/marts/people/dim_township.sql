with

townships as (
    select * from {{ ref('townships') }}
),

settings as (
    select * from {{ ref('settings') }}
),

final as (
    select
        townships.township_code,
        townships.township_name
    from townships
    inner join settings on townships.district_code = settings.district_code
)

select * from final
