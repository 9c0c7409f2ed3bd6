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
        sum(budget.spent_yuan) filter (where coalesce(budget.as_of <= periods.as_of, true)) as spent_yuan,
        date '1970-01-01' as day_zero,
        min(budget.as_of) filter (where budget.as_of <= periods.as_of) as spent_as_of
    from periods
    inner join budget
        on
            year(periods.ends_on) = budget.year
            and periods.as_of >= budget.valid_from
            and periods.as_of < budget.valid_to
    group by periods.period_id
),

final as (
    {{ figure_cells('summed', 'budget.budget_yuan', 'budget_yuan', township='null') }}
    union all
    {{ figure_cells(
        'summed', 'budget.spent_yuan', 'spent_yuan', denominator='spent_as_of - day_zero', township='null'
    ) }}
)

select * from final
