with

document_persons as (
    select person_id from {{ ref('int_release_persons') }}
    union
    select person_id from {{ ref('int_register_persons') }}
),

final as (
    select
        person_id,
        {{ person_token('person_id') }} as person_key
    from document_persons
    where person_id is not null
)

select * from final
