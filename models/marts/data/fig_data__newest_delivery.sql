with

periods as (
    select * from {{ ref('periods') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

newest as (
    select
        periods.period_id,
        deliveries.feed,
        {{ known_at() }} - max(deliveries.delivered_on) as age_days
    from periods
    cross join deliveries
    group by periods.period_id, deliveries.feed
),

final as (
    {{ figure_cells('newest', 'data.newest_delivery', 'age_days', township='null', feed='feed') }}
)

select * from final
