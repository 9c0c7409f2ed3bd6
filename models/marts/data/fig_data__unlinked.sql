with

periods as (
    select * from {{ ref('periods') }}
),

unlinked_rows as (
    select * from {{ ref('fct_unlinked_rows') }}
),

by_feed as (
    select
        feed,
        count(*) as rows_unlinked
    from unlinked_rows
    group by feed
),

cells as (
    select
        by_feed.*,
        periods.period_id
    from periods
    cross join by_feed
),

final as (
    {{ figure_cells('cells', 'data.unlinked', 'rows_unlinked', township='null', feed='feed') }}
)

select * from final
