with

history as (
    select * from {{ ref('int_residence_history') }}
),

-- of a key twice in one file the last row counts
last_in_file as (
    select
        *,
        row_number() over (partition by batch_id, id_no order by row_no desc) as place
    from history
    where person_key is not null
),

checks as (
    select
        person_key,
        status,
        household_district,
        residence_district,
        batch_id,
        row_no,
        checked_on as valid_from,
        coalesce(
            lead(checked_on) over (partition by person_key order by checked_on, delivery_order, row_no),
            {{ open_end() }}
        ) as valid_to
    from last_in_file
    where place = 1
),

final as (
    select
        person_key,
        status,
        household_district,
        residence_district,
        batch_id,
        row_no,
        valid_from,
        valid_to
    from checks
    where valid_from < valid_to
)

select * from final
