with

releases as not materialized (
    select * from {{ ref('int_release_ids') }}
),

-- only these ask who looks like them
unidentified as (
    select name
    from releases
    where link_rule is null
    {%- for feed in var('person_feeds')
        if feed.id != 'corrections.releases' and can_look_alike(feed.columns | default([])) %}
    union all
    select name
    from {{ ref('stg_' ~ feed.table) }}
    where id_no is null
    {%- endfor %}
),

identified as (
    select
        name,
        person_id,
        coalesce(birth_date, {{ birth_date_of('person_id') }}) as birth_date,
        coalesce(sex, {{ sex_of('person_id') }}) as sex
    from releases
    where
        person_id is not null
        and name in (select unidentified.name from unidentified)
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
