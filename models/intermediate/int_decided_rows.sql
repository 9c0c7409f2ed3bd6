with

decisions as (
    select * from {{ ref('int_link_decisions') }}
),

persons as (
    select * from {{ ref('int_persons') }}
),

final as (
    select
        decisions.feed,
        decisions.row_key,
        decisions.person_id,
        persons.person_key
    from decisions
    left join persons on decisions.person_id = persons.person_id
)

select * from final
