with

register as (
    select * from {{ ref('stg_justice__register') }}
),

releases as (
    select * from {{ ref('stg_corrections__releases') }}
),

term_days as (
    select * from {{ ref('fct_term_days') }}
),

held as (
    select
        register.*,
        spells.person_key
    from register
    inner join {{ ref('fct_register_spells') }} as spells on register.register_no = spells.register_no
    where
        spells.registered_on <= {{ known_at() }}
        and coalesce(spells.closed_on > {{ known_at() }}, true)
),

offenders as (
    select persons.register_no
    from {{ ref('int_register_persons') }} as persons
    semi join {{ ref('fct_offences') }} as offences on persons.person_key = offences.person_key
),

named_releases as (
    select
        register.*,
        releases.released_on,
        -- 01 重点
        coalesce(register.is_key, false) or coalesce(releases.assessed_level = '01', false) as is_key_person
    from register
    left join releases on register.release_no = releases.release_no
),

handed_over_early as (
    select *
    from named_releases
    where handed_over_on < released_on
),

came_alone as (
    select *
    from named_releases
    where
        is_key_person
        -- 06 自返
        and handover_mode = '06'
),

open_twice as (
    select
        *,
        nth_value(registered_on, 2) over (
            partition by person_key
            order by registered_on, register_no
            rows between unbounded preceding and unbounded following
        ) as open_twice_from
    from held
    qualify count(*) over (partition by person_key) > 1
),

past_term as (
    select
        held.*,
        term_days.term_ends_on
    from held
    inner join term_days on held.person_key = term_days.person_key
    where
        term_days.term_ends_on < {{ known_at() }}
        and term_days.valid_from <= {{ known_at() }}
        and term_days.valid_to > {{ known_at() }}
),

without_reason as (
    select *
    from register
    where
        closed_on is not null
        and close_reason is null
),

without_case as (
    select register.*
    from register
    left join offenders on register.register_no = offenders.register_no
    where
        -- 3 重新犯罪
        register.close_reason = '3'
        and offenders.register_no is null
),

final as (
    {{ finding(
        'W24', "'justice.register'", 'handed_over_early', 'register_no',
        column='handed_over_on'
    ) }}
    union all
    {{ finding('W25', "'justice.register'", 'came_alone', 'register_no', column='handover_mode') }}
    union all
    {{ finding('W26', "'justice.register'", 'open_twice', 'register_no', since='open_twice_from') }}
    union all
    {{ finding('W27', "'justice.register'", 'past_term', 'register_no', since='term_ends_on + 1') }}
    union all
    {{ finding(
        'W28', "'justice.register'", 'without_reason', 'register_no',
        column='close_reason', since='closed_on'
    ) }}
    union all
    {{ finding(
        'W29', "'justice.register'", 'without_case', 'register_no',
        column='close_reason', since='closed_on'
    ) }}
)

select * from final
