with

register as (
    select * from {{ ref('stg_justice__register') }}
),

persons as (
    select *
    from {{ ref('int_register_persons') }}
    where person_key is not null
),

close_reasons as (
    select * from {{ ref('close_reason') }}
),

dual_directions as (
    select * from {{ ref('dual_direction') }}
),

final as (
    select
        register.register_no,
        persons.person_key,
        register.township as township_code,
        register.registered_on,
        register.closed_on,
        register.handed_over_on,
        register.handover_mode,
        register.placement,
        register.dual_from,
        register.dual_to,
        register.counterpart_district,
        register.counterpart_office,
        register.counterpart_ack_on,
        case when register.closed_on is not null then coalesce(close_reasons.name, '未填') end as close_reason,
        case when register.dual_from is not null then coalesce(dual_directions.name, '未填') end
            as dual_direction,
        coalesce(register.is_key, false) as is_key
    from register
    inner join persons on register.register_no = persons.register_no
    left join close_reasons on register.close_reason = close_reasons.code
    left join dual_directions on register.dual_direction = dual_directions.code
    -- 5 错列: listed by mistake
    where coalesce(register.close_reason, '') != '5'
)

select * from final
