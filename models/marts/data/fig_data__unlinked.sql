with

periods as (
    select * from {{ ref('periods') }}
),

unlinked_rows as (
    select * from {{ ref('fct_unlinked_rows') }}
),

cells as (
    select
        unlinked_rows.*,
        periods.period_id
    from periods
    cross join unlinked_rows
),

final as (
    {{ figure_cells('cells', 'data.unlinked', 'rows_unlinked', township='null', feed='feed') }}
)

select * from final
