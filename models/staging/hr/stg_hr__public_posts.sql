with

checked as (
    select * from {{ source('hr', 'public_posts') }}
),

in_force as (
    {{ in_force_snapshot('checked', ['post_no'], 'hr.public_posts') }}
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
