with

register as (
    select * from {{ ref('stg_justice__register') }}
),

residence_days as (
    select * from {{ ref('fct_residence_days') }}
),

residence as (
    select * from {{ ref('int_residence_history') }}
),

register_days as (
    select *
    from {{ ref('fct_register_days') }}
    where
        valid_from <= {{ known_at() }}
        and valid_to > {{ known_at() }}
),

-- W41 is about the spell that is listed, the others about the qualifying one
states as (
    select
        'W36' as rule_id,
        person_key,
        null as register_no,
        valid_from,
        valid_to
    from {{ ref('fct_risk_days') }}
    where colour = '未赋色'
    union all
    select
        'W37' as rule_id,
        person_key,
        null as register_no,
        greatest(valid_from, overdue_from) as valid_from,
        valid_to
    from {{ ref('fct_visit_days') }}
    union all
    select
        'W40' as rule_id,
        person_key,
        null as register_no,
        valid_from,
        valid_to
    from {{ ref('fct_unlisted_days') }}
    union all
    select
        'W41' as rule_id,
        person_key,
        register_no,
        one_sided_from as valid_from,
        counterpart_ack_on as valid_to
    from {{ ref('fct_dual_days') }}
    where
        valid_from <= {{ known_at() }}
        and valid_to > {{ known_at() }}
),

final as (
    select
        states.rule_id,
        'justice.register' as feed,
        register.batch_id,
        register.row_no,
        register.register_no as row_key,
        null::varchar as column_name,
        states.valid_from as since_on
    from states
    inner join register_days on states.person_key = register_days.person_key
    inner join register on coalesce(states.register_no, register_days.register_no) = register.register_no
    where
        states.valid_from <= {{ known_at() }}
        and coalesce(states.valid_to > {{ known_at() }}, true)
    union all
    select
        'W34' as rule_id,
        'police.residence' as feed,
        residence.batch_id,
        residence.row_no,
        residence.id_no as row_key,
        'status' as column_name,
        residence_days.valid_from as since_on
    from residence
    inner join residence_days
        on
            residence.batch_id = residence_days.batch_id
            and residence.row_no = residence_days.row_no
    inner join register_days on residence_days.person_key = register_days.person_key
    where
        -- 3 死亡
        residence_days.status = '3'
        and residence_days.valid_from <= {{ known_at() }}
        and residence_days.valid_to > {{ known_at() }}
)

select * from final
