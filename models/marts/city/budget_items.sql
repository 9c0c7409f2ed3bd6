with

periods as (
    select *
    from {{ ref('periods') }}
    where previous_period_id is not null
),

budget as (
    select * from {{ ref('fct_budget') }}
),

final as (
    select
        periods.period_id,
        budget.year,
        budget.item,
        budget.as_of as reported_on,
        budget.budget_yuan,
        budget.spent_yuan
    from periods
    inner join budget on year(periods.ends_on) = budget.year
)

select * from final
