with

periods as (
    select * from {{ ref('periods') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

by_feed as (
    select
        feed,
        sum(rows_read) as all_read,
        sum(rows_accepted) as accepted,
        sum(rows_quarantined) as quarantined,
        sum(rows_skipped) as skipped
    from deliveries
    group by feed
),

by_outcome as (
    select
        feed,
        unnest([null, 'read', 'accepted', 'quarantined', 'skipped']) as outcome,
        unnest([all_read, all_read, accepted, quarantined, skipped]) as rows_read
    from by_feed
),

cells as (
    select
        by_outcome.*,
        periods.period_id
    from periods
    cross join by_outcome
),

final as (
    {{ figure_cells('cells', 'data.rows', 'rows_read', township='null', feed='feed', dimension='outcome') }}
)

select * from final
