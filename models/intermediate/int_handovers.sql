with

releases as not materialized (
    select *
    from {{ ref('int_release_persons') }}
    where person_key is not null
),

spells as (
    select * from {{ ref('fct_register_spells') }}
),

release_days as (
    select
        person_key,
        released_on,
        lead(released_on, 1, {{ open_end() }}) over (
            partition by person_key
            order by released_on
        ) as next_released_on
    from releases
    group by person_key, released_on
),

matches as (
    select
        releases.release_no,
        spells.register_no,
        spells.township_code,
        spells.handed_over_on,
        spells.handover_mode,
        spells.is_key,
        row_number() over (
            partition by releases.release_no
            order by spells.handed_over_on, spells.register_no
        ) as place
    from releases
    inner join release_days
        on
            releases.person_key = release_days.person_key
            and releases.released_on = release_days.released_on
    inner join spells
        on
            releases.person_key = spells.person_key
            and releases.released_on <= spells.handed_over_on
            and release_days.next_released_on > spells.handed_over_on
),

final as (
    select
        release_no,
        register_no,
        township_code,
        handed_over_on,
        handover_mode,
        is_key
    from matches
    where place = 1
)

select * from final
