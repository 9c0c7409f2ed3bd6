with

checked as (
    select *
    from {{ source('police', 'residence') }} as residence
    where not {{ is_quarantined('residence') }}
),

-- of a resident listed twice in one file the last row counts
repeated as (
    select
        batch_id,
        id_no,
        max(row_no) as last_row_no
    from checked
    group by batch_id, id_no
    having count(*) > 1
),

batches as (
    select * from {{ ref('stg_batches') }}
),

decided as (
    select *
    from {{ ref('int_decided_rows') }}
    where feed = 'police.residence'
),

persons as (
    select * from {{ ref('int_persons') }}
),

final as (
    select
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
        batches.delivery_order,
        case when decided.row_key is not null then decided.person_key else persons.person_key end
            as person_key
    from checked
    inner join batches on checked.batch_id = batches.batch_id
    left join repeated
        on
            checked.batch_id = repeated.batch_id
            and checked.id_no = repeated.id_no
    left join decided on checked.id_no = decided.row_key
    left join persons on 'id:' || checked.id_no = persons.person_id
    where coalesce(checked.row_no = repeated.last_row_no, true)
)

select * from final
