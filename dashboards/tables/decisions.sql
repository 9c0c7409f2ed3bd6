-- One row per chosen place (全区 or a township) and matter of which there is any: what waits for somebody's decision.
-- Always as of the newest data, whatever period a page shows: the year to date is the newest period.
with

today as (
    from dashboards.main.period_choices
    where period_kind = 'year_to_date'
),

matters as (
    from (
        values
        (1, 'risk.red_with_plan', true, '', '责成司法所三日内制定', '风险管控'),
        (2, 'contact.lost', false, '', '商公安协查去向', '风险管控'),
        (3, 'handover.rate', true, '今年以来', '与监狱核对，明确接回单位', '衔接与双列管'),
        (4, 'handover.key_rate', true, '今年以来', '核实原因，补做见面谈话', '衔接与双列管'),
        (5, 'dual.one_sided', false, '', '发函对方司法所催回执', '衔接与双列管'),
        (6, 'dual.unlisted', false, '', '启动双列管', '衔接与双列管'),
        (7, 'register.past_term', false, '', '审批撤管，或说明延长理由', '衔接与双列管'),
        (8, 'visits.rate', true, '', '限期补访', '风险管控'),
        (9, 'sweeps.rate', true, '今年以来', '通报镇街，补排查', '风险管控'),
        (10, 'register.expiring_90', false, '', '安排期满评估', '衔接与双列管')
    ) as listed (place, figure_id, is_gap, since, action, page)
),

counted as (
    select
        figures.township_code,
        figures.township_name,
        matters.*,
        if(matters.is_gap, labels.gap_zh, labels.short_zh)
        || if(matters.since = '', '', '（' || matters.since || '）') as matter,
        labels.unit_zh as unit,
        case when matters.is_gap then figures.denominator - figures.numerator else figures.value end::integer as amount
    from dashboards.main.figures as figures
    inner join today on figures.period_id = today.period_id
    inner join matters on figures.figure_id = matters.figure_id
    inner join dashboards.main.labels as labels on figures.figure_id = labels.figure_id
    where
        figures.dimension is null
        and figures.feed is null
),

most as (
    select
        place,
        string_agg(township_name || ' ' || amount, '、' order by amount desc, township_code) as townships
    from (
        from counted
        where
            township_code is not null
            and amount > 0
        qualify row_number() over (partition by place order by amount desc, township_code) <= 3
    ) as first_three
    group by place
),

waiting as (
    select
        counted.township_code,
        counted.township_name,
        counted.place,
        counted.matter,
        counted.amount,
        counted.unit,
        case when counted.township_code is null then coalesce(most.townships, '—') else '' end as townships,
        counted.action,
        counted.page,
        -- the end of a term is no lapse
        case when counted.figure_id = 'register.expiring_90' then '' else 'bad' end as tone
    from counted
    left join most on counted.place = most.place
    where counted.amount > 0
),

-- where nothing waits, that is said
calm as (
    select
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
    from dashboards.main.township_choices as places
    anti join waiting on places.township_name = waiting.township_name
)

select
    today.period_label,
    '截至 ' || today.as_of || '（最新数据，不随所选统计期变）' as window_text,
    said.*,
    case said.page when '风险管控' then 'risk' else 'handover' end as lead
from (from waiting union all from calm) as said
cross join today
