with

releases as (
    select
        person_key,
        released_on,
        prior_convictions,
        row_number() over (partition by person_key order by released_on, release_no) as release_number
    from {{ ref('fct_releases') }}
),

-- a repeater from the first release with a conviction before it, or from the second release
repeaters as (
    select
        person_key,
        min(released_on) as repeat_from
    from releases
    where
        prior_convictions >= 1
        or release_number >= 2
    group by person_key
),

-- the newest dossier names a person; without one the newest release
named_by_dossiers as (
    select
        dossiers.person_key,
        max_by(register.name, (register.registered_on, register.register_no)) as full_name
    from {{ ref('stg_justice__register') }} as register
    inner join {{ ref('int_register_persons') }} as dossiers on register.register_no = dossiers.register_no
    where dossiers.person_key is not null
    group by dossiers.person_key
),

named_by_releases as (
    select
        persons.person_key,
        max_by(release_rows.name, (release_rows.released_on, release_rows.release_no)) as full_name
    from {{ ref('stg_corrections__releases') }} as release_rows
    inner join {{ ref('int_release_persons') }} as persons on release_rows.release_no = persons.release_no
    where persons.person_key not in (select named_by_dossiers.person_key from named_by_dossiers)
    group by persons.person_key
),

named as (
    select * from named_by_dossiers
    union all
    select * from named_by_releases
),

final as (
    select
        named.person_key,
        {{ masked_name('named.full_name') }} as masked_name,
        repeaters.repeat_from
    from named
    left join repeaters on named.person_key = repeaters.person_key
)

select * from final
