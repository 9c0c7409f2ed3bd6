with

final as (
    select
        period_id,
        kind,
        label_zh,
        is_complete,
        starts_on,
        ends_on,
        as_of,
        window_end,
        first_delivered_by,
        previous_period_id
    from {{ ref('periods') }}
)

select * from final
