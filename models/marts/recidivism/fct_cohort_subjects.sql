with

releases as (
    select *
    from {{ ref('fct_releases') }}
    where person_key is not null
),

offences as (
    select * from {{ ref('fct_offences') }}
),

-- 2 死亡, 4 迁出
exits as (
    select
        persons.person_key,
        register.close_reason,
        register.closed_on
    from {{ ref('stg_justice__register') }} as register
    inner join {{ ref('int_register_persons') }} as persons on register.register_no = persons.register_no
    where
        register.close_reason in ('2', '4')
        and persons.person_key is not null
),

first_offences as (
    select
        releases.release_no,
        min(offences.offended_on) as offended_on
    from releases
    inner join offences
        on
            releases.person_key = offences.person_key
            and releases.released_on <= offences.offended_on
    group by releases.release_no
),

first_exits as (
    select
        releases.release_no,
        min(exits.closed_on) filter (where exits.close_reason = '2') as died_on,
        min(exits.closed_on) filter (where exits.close_reason = '4') as moved_on
    from releases
    inner join exits
        on
            releases.person_key = exits.person_key
            and releases.released_on <= exits.closed_on
    group by releases.release_no
),

final as (
    select
        releases.release_no,
        releases.person_key,
        releases.released_on,
        first_offences.offended_on,
        first_exits.died_on,
        first_exits.moved_on,
        year(releases.released_on) || 'Q' || quarter(releases.released_on) as cohort,
        {{ add_months("date_trunc('quarter', releases.released_on)", '3') }} - 1 as cohort_ends_on
    from releases
    left join first_offences on releases.release_no = first_offences.release_no
    left join first_exits on releases.release_no = first_exits.release_no
)

select * from final
