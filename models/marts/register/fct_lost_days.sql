with

register_days as (
    select * from {{ ref('fct_register_days') }}
),

lost as (
    select *
    from {{ ref('fct_residence_days') }}
    -- 2 失联
    where status = '2'
),

lost_days as (
    select
        register_days.person_key,
        register_days.register_no,
        register_days.township_code,
        greatest(register_days.valid_from, lost.valid_from) as valid_from,
        least(register_days.valid_to, lost.valid_to) as valid_to
    from register_days
    inner join lost on register_days.person_key = lost.person_key
),

final as (
    select *
    from lost_days
    where valid_from < valid_to
)

select * from final
