with

register as (
    select * from {{ ref('stg_justice__register') }}
),

releases as (
    select * from {{ ref('int_release_persons') }}
),

decisions as (
    select *
    from {{ ref('int_link_decisions') }}
    where feed = 'justice.register'
),

persons as (
    select
        register.register_no,
        releases.person_key as key_of_release,
        case
            when decisions.row_key is not null then 1
            when releases.release_no is not null then 2
            when register.id_no is not null then 3
            else 5
        end as link_rule,
        case
            when decisions.row_key is not null then decisions.person_id
            when releases.release_no is not null then releases.person_id
            when register.id_no is not null then 'id:' || register.id_no
            else 'register:' || register.register_no
        end as person_id
    from register
    left join decisions on register.register_no = decisions.row_key
    left join releases on register.release_no = releases.release_no
),

final as (
    select
        register_no,
        link_rule,
        person_id,
        case when link_rule = 2 then key_of_release else {{ person_key('person_id') }} end as person_key
    from persons
)

select * from final
