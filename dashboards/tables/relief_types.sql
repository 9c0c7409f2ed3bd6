-- one row per period, township (全区 too) and kind of relief, and one for all kinds
with

cells as (
    select *
    from dashboards.main.figures
    where figure_id in ('relief.grants', 'relief.persons', 'relief.payments', 'relief.amount_yuan')
),

kinds as (
    select
        period_label,
        window_text,
        township_code,
        township_name,
        coalesce(member, '合计') as relief_type,
        case when dimension is null then 99 else max(member_order) end as place,
        max(numerator) filter (figure_id = 'relief.grants')::integer as grants,
        max(numerator) filter (figure_id = 'relief.persons')::integer as persons,
        max(numerator) filter (figure_id = 'relief.payments')::integer as payments,
        max(value) filter (figure_id = 'relief.amount_yuan') as amount_yuan,
        max(value_text) filter (figure_id = 'relief.amount_yuan') as amount_text,
        max(change_text) filter (figure_id = 'relief.grants') as change_text
    from cells
    group by period_label, window_text, township_code, township_name, dimension, member
)

select
    *,
    case when place = 99 then 'total' when grants = 0 and payments = 0 then 'zero' else '' end as tone
from kinds
