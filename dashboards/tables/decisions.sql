-- One row per period, chosen place (全区 or a township) and matter of which there is any: what waits for somebody's decision.
with

matters as (
    from (
        values
        (1, '红色对象没有“一人一策”', 'risk.red_with_plan', true, '人', '责成司法所三日内制定', '风险管控'),
        (2, '失联', 'contact.lost', false, '人', '商公安协查去向', '风险管控'),
        (3, '应衔接未衔接', 'handover.rate', true, '件', '与监狱核对，明确接回单位', '衔接与双列管'),
        (4, '重点对象未接送', 'handover.key_rate', true, '件', '核实原因，补做见面谈话', '衔接与双列管'),
        (5, '单边列管', 'dual.one_sided', false, '人', '发函对方司法所催回执', '衔接与双列管'),
        (6, '应列未列', 'dual.unlisted', false, '人', '启动双列管', '衔接与双列管'),
        (7, '期满未撤管', 'register.past_term', false, '人', '审批撤管，或说明延长理由', '衔接与双列管'),
        (8, '走访超期', 'visits.rate', true, '人', '限期补访', '风险管控'),
        (9, '动态排查未完成', 'sweeps.rate', true, '镇街月', '通报镇街，补排查', '风险管控'),
        (10, '九十日内期满', 'register.expiring_90', false, '人', '安排期满评估', '衔接与双列管')
    ) as listed (place, matter, figure_id, is_gap, unit, action, page)
),

counted as (
    select
        figures.period_id,
        figures.township_code,
        figures.township_name,
        matters.*,
        case when matters.is_gap then figures.denominator - figures.numerator else figures.value end::integer as amount
    from dashboards.main.figures as figures
    inner join matters on figures.figure_id = matters.figure_id
    where
        figures.dimension is null
        and figures.feed is null
),

most as (
    select
        period_id,
        place,
        string_agg(township_name || ' ' || amount, '、' order by amount desc, township_code) as townships
    from (
        from counted
        where
            township_code is not null
            and amount > 0
        qualify row_number() over (partition by period_id, place order by amount desc, township_code) <= 3
    ) as first_three
    group by period_id, place
),

waiting as (
    select
        counted.period_id,
        counted.township_code,
        counted.township_name,
        counted.place,
        counted.matter,
        counted.amount,
        counted.unit,
        case
            when counted.township_code is null then coalesce(most.townships, '—')
            else counted.township_name
        end as townships,
        counted.action,
        counted.page,
        -- the end of a term is no lapse
        case when counted.figure_id = 'register.expiring_90' then '' else 'bad' end as tone
    from counted
    left join most on counted.period_id = most.period_id and counted.place = most.place
    where counted.amount > 0
),

-- where nothing waits, that is said
calm as (
    select
        choices.period_id,
        places.township_code,
        places.township_name,
        0 as place,
        '没有待决事项' as matter,
        null::integer as amount,
        '' as unit,
        '' as townships,
        '' as action,
        '' as page,
        'good' as tone
    from dashboards.main.period_choices as choices
    cross join dashboards.main.township_choices as places
    anti join waiting on choices.period_id = waiting.period_id and places.township_name = waiting.township_name
)

select
    choices.period_label,
    choices.window_text,
    said.* exclude (period_id),
    case said.page when '风险管控' then 'risk' else 'handover' end as lead
from (from waiting union all from calm) as said
inner join dashboards.main.period_choices as choices using (period_id)
