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
        case when coalesce(budget.as_of <= periods.as_of, true) then budget.spent_yuan end as spent_yuan
    from periods
    inner join budget
        on
            year(periods.ends_on) = budget.year
            and periods.as_of >= budget.valid_from
            and periods.as_of < budget.valid_to
)

select * from final
