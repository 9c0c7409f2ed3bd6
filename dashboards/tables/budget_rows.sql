-- one row per period and item of the budget of the year in which the window ends, and one for all items, as the figures say
with

totals as (
    select
        period_id,
        max(value) filter (figure_id = 'budget.budget_yuan')::decimal(18, 2) as budget_yuan,
        max(value) filter (figure_id = 'budget.spent_yuan')::decimal(18, 2) as spent_yuan
    from dashboards.main.figures
    where figure_id in ('budget.budget_yuan', 'budget.spent_yuan')
    group by period_id
),

items as (
    select
        period_id,
        item,
        0 as place,
        budget_yuan,
        spent_yuan
    from dashboards.main.budget_items
    union all
    select
        period_id,
        '合计' as item,
        1 as place,
        budget_yuan,
        spent_yuan
    from totals
    where budget_yuan is not null
),

reported as (
    select
        period_id,
        any_value(year) as year,
        min(reported_on) filter (where spent_yuan is not null) as reported_on
    from dashboards.main.budget_items
    group by period_id
)

select
    choices.period_label,
    reported.year || '年度，截至 ' || choices.as_of || '；支出截至 ' || coalesce(reported.reported_on::varchar, '—')
    || coalesce('，序时进度 ' || format('{:.1f}%', 100 * (reported.reported_on - make_date(reported.year::integer, 1, 1) + 1)
    / (make_date(reported.year::integer + 1, 1, 1) - make_date(reported.year::integer, 1, 1))), '') as window_text,
    items.item,
    items.place,
    format('{:,.2f}', round(items.budget_yuan * 0.0001, 2)) as budget_text,
    coalesce(format('{:,.2f}', round(items.spent_yuan * 0.0001, 2)), '—') as spent_text,
    case when items.budget_yuan > 0 then round(100 * items.spent_yuan / items.budget_yuan, 1) end as share,
    case
        when items.budget_yuan > 0 then format('{:.1f}%', round(100 * items.spent_yuan / items.budget_yuan, 1))
    end as share_text,
    case when items.place = 1 then 'total' when items.spent_yuan > items.budget_yuan then 'bad' else '' end as tone
from items
inner join reported on items.period_id = reported.period_id
inner join dashboards.main.period_choices as choices on items.period_id = choices.period_id
