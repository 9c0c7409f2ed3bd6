with

register_days as (
    select * from {{ ref('fct_register_days') }}
),

employment as (
    {{ linked_rows('hr.employment') }}
),

records as (
    select
        employment.person_key,
        employment.record_no,
        employment.recorded_on,
        -- 1 就业, 3 创业
        employment.kind in ('1', '3') as is_working
    from employment
    where employment.person_key is not null
),

-- before a person's first record nothing is known
with_beginning as (
    select * from records
    union all
    select distinct
        person_key,
        '' as record_no,
        date '0001-01-01' as recorded_on,
        null as is_working
    from records
),

work_days as (
    select
        person_key,
        record_no,
        is_working,
        recorded_on as valid_from,
        coalesce(
            lead(recorded_on) over (partition by person_key order by recorded_on, record_no),
            {{ open_end() }}
        ) as valid_to
    from with_beginning
),

lasting as (
    select *
    from work_days
    where valid_from < valid_to
),

final as (
    select
        register_days.person_key,
        register_days.register_no,
        register_days.township_code,
        nullif(lasting.record_no, '') as record_no,
        -- 00 未就业
        coalesce(lasting.is_working, register_days.placement != '00', false) as is_employed,
        greatest(register_days.valid_from, coalesce(lasting.valid_from, register_days.valid_from))
            as valid_from,
        least(register_days.valid_to, coalesce(lasting.valid_to, register_days.valid_to)) as valid_to
    from register_days
    left join lasting
        on
            register_days.person_key = lasting.person_key
            and register_days.valid_to > lasting.valid_from
            and register_days.valid_from < lasting.valid_to
)

select * from final
