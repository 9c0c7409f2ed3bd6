with

in_force as (
    {{ in_force_snapshot(source('police', 'residence'), ['id_no'], 'police.residence') }}
),

final as (
    select
        id_no,
        name,
        household_district,
        household_township,
        residence_district,
        residence_township,
        checked_on,
        status,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
