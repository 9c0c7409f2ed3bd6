with

identified as (
    select
        name,
        person_id,
        coalesce(birth_date, {{ birth_date_of('person_id') }}) as birth_date,
        coalesce(sex, {{ sex_of('person_id') }}) as sex
    from {{ ref('int_release_ids') }}
    where person_id is not null
),

final as (
    select
        name,
        birth_date,
        sex,
        min(person_id) as person_id
    from identified
    where
        birth_date is not null
        and sex is not null
    group by name, birth_date, sex
    having min(person_id) = max(person_id)
)

select * from final
