with

checked as (
    select * from {{ source('police', 'residence') }}
),

-- of a resident listed twice in one file the last row counts
accepted as (
    select
        *,
        row_number() over (partition by batch_id, id_no order by row_no desc) as place
    from checked
    where not is_quarantined
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
        accepted.id_no,
        accepted.household_district,
        accepted.household_township,
        accepted.residence_district,
        accepted.residence_township,
        accepted.checked_on,
        accepted.status,
        accepted.batch_id,
        accepted.row_no,
        batches.delivered_on,
        batches.delivery_order
    from accepted
    inner join batches on accepted.batch_id = batches.batch_id
    left join decisions on accepted.id_no = decisions.row_key
    left join persons
        on
            case when decisions.row_key is not null then decisions.person_id else 'id:' || accepted.id_no end
            = persons.person_id
    where accepted.place = 1
)

select * from final
