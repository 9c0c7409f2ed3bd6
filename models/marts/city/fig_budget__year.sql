with

periods as (
    select * from {{ ref('periods') }}
),

budget as (
    select * from {{ ref('fct_budget') }}
),

summed as (
    select
        periods.period_id,
        sum(budget.budget_yuan) as budget_yuan,
        sum(budget.spent_yuan) as spent_yuan
    from periods
    inner join budget on year(periods.ends_on) = budget.year
    group by periods.period_id
),

final as (
    {{ figure_cells('summed', 'budget.budget_yuan', 'budget_yuan', township='null') }}
    union all
    {{ figure_cells('summed', 'budget.spent_yuan', 'spent_yuan', township='null') }}
)

select * from final
