with

releases as (
    select
        person_key,
        release_no,
        term_ends_on,
        released_on as valid_from,
        lead(released_on, 1, {{ open_end() }}) over (
            partition by person_key
            order by released_on, release_no
        ) as valid_to
    from {{ ref('fct_releases') }}
    where person_key is not null
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

term_days as (
    select
        register_days.person_key,
        register_days.register_no,
        register_days.township_code,
        releases.release_no,
        releases.term_ends_on,
        greatest(register_days.valid_from, releases.valid_from) as valid_from,
        least(register_days.valid_to, releases.valid_to) as valid_to
    from register_days
    inner join releases on register_days.person_key = releases.person_key
),

final as (
    select *
    from term_days
    where valid_from < valid_to
)

select * from final
