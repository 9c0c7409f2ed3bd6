with

in_force as (
    {{ in_force_incremental(source('civil_affairs', 'relief'), ['payment_no']) }}
),

final as (
    select
        payment_no,
        grant_no,
        name,
        id_no,
        township,
        relief_type,
        granted_on,
        paid_on,
        amount_yuan,
        status,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
