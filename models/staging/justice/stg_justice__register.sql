with

in_force as (
    {{ in_force_snapshot(source('justice', 'register'), ['register_no'], 'justice.register') }}
),

final as (
    select
        register_no,
        name,
        id_no,
        release_no,
        township,
        handed_over_on,
        handover_mode,
        registered_on,
        closed_on,
        close_reason,
        is_key,
        dual_direction,
        dual_from,
        dual_to,
        counterpart_district,
        counterpart_office,
        counterpart_ack_on,
        placement,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
