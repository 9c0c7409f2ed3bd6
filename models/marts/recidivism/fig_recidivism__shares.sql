with

persons as (
    select * from {{ ref('dim_person') }}
),

reoffences as (
    {{ reoffences() }}
),

reoffenders as (
    select
        period_id,
        as_of,
        person_key,
        bool_or(is_final) as has_final
    from reoffences
    group by period_id, as_of, person_key
),

counted as (
    select
        reoffenders.period_id,
        count(*) as reoffenders,
        count(*) filter (where persons.repeat_from <= reoffenders.as_of) as repeaters,
        count(*) filter (where not reoffenders.has_final) as provisional
    from reoffenders
    inner join persons on reoffenders.person_key = persons.person_key
    group by reoffenders.period_id
),

final as (
    {{ figure_cells('counted', 'recidivism.repeat_share', 'repeaters', 'reoffenders', township='null') }}
    union all
    {{ figure_cells('counted', 'recidivism.provisional', 'provisional', township='null') }}
)

select * from final
