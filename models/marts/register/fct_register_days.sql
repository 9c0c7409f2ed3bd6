with

reach as (
    select * from {{ ref('fct_register_reach') }}
),

-- on the register at the end of a day: the window that ends on it and starts the day after
register_days as (
    select
        person_key,
        register_no,
        township_code,
        is_key,
        placement,
        greatest(ends_from, starts_from - 1) as valid_from,
        least(ends_before, starts_to) as valid_to
    from reach
),

key_releases as (
    select
        persons.person_key,
        min(persons.released_on) as key_from
    from {{ ref('int_release_persons') }} as persons
    inner join {{ ref('stg_corrections__releases') }} as releases on persons.release_no = releases.release_no
    -- 01 重点
    where
        releases.assessed_level = '01'
        and persons.person_key is not null
    group by persons.person_key
),

with_key as (
    select
        register_days.*,
        coalesce(key_releases.key_from, {{ open_end() }}) as key_from
    from register_days
    left join key_releases on register_days.person_key = key_releases.person_key
),

split_days as (
    select
        * replace (least(valid_to, key_from) as valid_to),
        is_key as is_key_person
    from with_key
    union all
    select
        * replace (greatest(valid_from, key_from) as valid_from),
        true as is_key_person
    from with_key
),

final as (
    select
        person_key,
        register_no,
        township_code,
        is_key,
        is_key_person,
        placement,
        valid_from,
        valid_to
    from split_days
    where valid_from < valid_to
)

select * from final
