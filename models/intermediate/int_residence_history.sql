with

checked as (
    select * from {{ source('police', 'residence') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

decisions as (
    select *
    from {{ ref('int_link_decisions') }}
    where feed = 'police.residence'
),

persons as (
    select * from {{ ref('int_persons') }}
),

final as (
    select
        persons.person_key,
        checked.id_no,
        checked.household_district,
        checked.household_township,
        checked.residence_district,
        checked.residence_township,
        checked.checked_on,
        checked.status,
        checked.batch_id,
        checked.row_no,
        batches.delivered_on,
        batches.delivery_order
    from checked
    inner join batches on checked.batch_id = batches.batch_id
    left join decisions on checked.id_no = decisions.row_key
    left join persons
        on
            case when decisions.row_key is not null then decisions.person_id else 'id:' || checked.id_no end
            = persons.person_id
    where not checked.is_quarantined
)

select * from final
