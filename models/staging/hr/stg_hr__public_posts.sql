with

in_force as (
    {{ in_force_snapshot(source('hr', 'public_posts'), ['post_no'], 'hr.public_posts') }}
),

final as (
    select
        post_no,
        category,
        unit,
        township,
        developed_on,
        name,
        id_no,
        started_on,
        ended_on,
        batch_id,
        row_no,
        delivered_on,
        delivery_order
    from in_force
)

select * from final
