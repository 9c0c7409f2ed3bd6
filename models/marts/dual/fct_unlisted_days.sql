with

register_days as (
    select * from {{ ref('fct_register_days') }}
),

apart_days as (
    select *
    from {{ ref('fct_residence_days') }}
    where household_district != residence_district
),

dual_days as (
    select * from {{ ref('fct_dual_days') }}
),

concerned as (
    select
        register_days.person_key,
        register_days.township_code,
        greatest(register_days.valid_from, apart_days.valid_from) as valid_from,
        least(register_days.valid_to, apart_days.valid_to) as valid_to
    from register_days
    inner join apart_days
        on
            register_days.person_key = apart_days.person_key
            and register_days.valid_from < apart_days.valid_to
            and register_days.valid_to > apart_days.valid_from
),

pieces as (
    {{ pieces_of(['concerned', 'dual_days']) }}
),

final as (
    select
        pieces.person_key,
        concerned.township_code,
        pieces.valid_from,
        pieces.valid_to
    from pieces
    inner join concerned
        on
            pieces.person_key = concerned.person_key
            and pieces.valid_from >= concerned.valid_from
            and pieces.valid_to <= concerned.valid_to
    left join dual_days
        on
            pieces.person_key = dual_days.person_key
            and pieces.valid_from >= dual_days.valid_from
            and pieces.valid_to <= dual_days.valid_to
    where dual_days.person_key is null
)

select * from final
