-- one row per quarter and figure of the city's bulletin, beside the own count
with

named as (
    select distinct
        figure_id,
        name_zh
    from dashboards.main.figures
)

select
    returned.quarter,
    year(returned.quarter) || '年' || substr('一二三四', quarter(returned.quarter)::integer, 1) || '季度' as quarter_label,
    coalesce(named.name_zh, returned.figure_id) as name_zh,
    format('{:,}', returned.city_persons) as city_text,
    format('{:,}', returned.own_persons) as own_text,
    case when returned.difference > 0 then '+' else '' end || format('{:,}', returned.difference) as difference_text,
    case returned.limit_passed when 'hard' then '相差过大' when 'soft' then '不一致' else '一致' end as said,
    case returned.limit_passed when 'none' then '' else 'bad' end as tone
from dashboards.main.official_returns as returned
left join named on returned.figure_id = named.figure_id
