with

-- a dossier that follows its release adds nobody
document_persons as (
    select
        person_id,
        person_key
    from {{ ref('int_release_persons') }}
    union all
    select
        person_id,
        person_key
    from {{ ref('int_register_persons') }}
    where link_rule != 2
),

final as (
    select
        person_key,
        any_value(person_id) as person_id
    from document_persons
    where person_id is not null
    group by person_key
)

select * from final
