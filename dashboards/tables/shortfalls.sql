-- one row per period, township (全区 too) and thing that is owed: how many of how many; none of a figure computed anew
with

cells as (
    select *
    from dashboards.main.figures
    where dimension is null
),

-- what is owed is a figure, or what a figure lacks to its whole
owed as (
    select
        listed.*
    from (
        values
        ('handover', 1, '未衔接', 'handover.rate', true, '件', '应衔接'),
        ('handover', 2, '衔接逾期', 'handover.on_time', true, '件', '已衔接'),
        ('handover', 3, '重点对象未接送', 'handover.key_rate', true, '件', '重点应衔接'),
        ('handover', 4, '双列管单边', 'dual.one_sided', false, '人', '双列管'),
        ('handover', 5, '应列未列双列管', 'dual.unlisted', false, '人', '在册'),
        ('handover', 6, '超期未撤管', 'register.past_term', false, '人', '在册'),
        ('risk', 1, '红色未定一人一策', 'risk.red_with_plan', true, '人', '红色'),
        ('risk', 2, '走访超期', 'visits.rate', true, '人', '在册'),
        ('risk', 3, '动态排查未按月完成', 'sweeps.rate', true, '镇街月', '应完成'),
        ('risk', 4, '失联', 'contact.lost', false, '人', '在册')
    ) as listed (page, place, title, figure_id, is_lacking, unit, whole_title)
),

-- the wholes of the figures that carry none
wholes as (
    select
        listed.*
    from (
        values
        ('handover.on_time', 'handover.done'),
        ('dual.one_sided', 'dual.listed'),
        ('dual.unlisted', 'register.on_register'),
        ('register.past_term', 'register.on_register'),
        ('contact.lost', 'register.on_register')
    ) as listed (figure_id, whole_id)
),

counted as (
    select
        owed.*,
        cells.period_label,
        cells.window_text,
        cells.township_code,
        cells.township_name,
        coalesce(cells.denominator, wider.numerator)::integer as whole,
        case when owed.is_lacking then whole - cells.numerator else cells.numerator end::integer as missing
    from owed
    inner join cells on owed.figure_id = cells.figure_id
    left join wholes on owed.figure_id = wholes.figure_id
    left join cells as wider
        on
            wholes.whole_id = wider.figure_id
            and cells.period_id = wider.period_id
            and cells.township_name = wider.township_name
)

select
    page,
    place,
    title,
    period_label,
    window_text,
    township_code,
    township_name,
    missing,
    whole,
    unit,
    whole_title || ' ' || format('{:,}', whole) || ' ' || unit as whole_text,
    case when missing > 0 then 'bad' else 'good' end as tone
from counted
where whole is not null
