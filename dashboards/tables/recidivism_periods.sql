-- One row per period and place: the rate with its interval, and where a drawing on a common scale puts them (percent of its width).
with

rates as (
    select
        *,
        max(ci_high) over (partition by township_name, period_kind) as scale
    from dashboards.main.figures
    where
        figure_id = 'recidivism.rate'
        and period_kind in ('quarter', 'year')
),

cases as (
    select
        period_id,
        township_name,
        max(value_text) filter (where figure_id = 'recidivism.per_100_person_years') as per_100_text,
        max(ci_text) filter (where figure_id = 'recidivism.per_100_person_years') as per_100_ci_text,
        max(value_text) filter (where figure_id = 'recidivism.provisional') as provisional_text,
        max(value_text) filter (where figure_id = 'recidivism.repeat_share') as repeat_text
    from dashboards.main.figures
    group by period_id, township_name
),

city as (
    select
        period_id,
        max(parts_text) filter (where figure_id = 'city.rank') as rank_text,
        max(value_text) filter (where figure_id = 'city.rate') as city_rate_text,
        max(if(note_text is null, null, '不一致')) filter (where figure_id = 'city.rate') as city_note
    from dashboards.main.figures
    where
        figure_id in ('city.rank', 'city.rate')
        and period_kind = 'quarter'
        and is_complete
    group by period_id
)

select
    rates.township_code,
    rates.township_name,
    rates.period_kind,
    rates.axis_label,
    rates.period_label as period_choice,
    rates.starts_on,
    rates.value,
    rates.ci_low,
    rates.ci_high,
    rates.parts_text,
    rates.value_text,
    rates.ci_text,
    rates.change_text,
    rates.tone,
    rates.previous_text,
    round(100 * rates.ci_low / rates.scale, 1) as left_percent,
    round(100 * (rates.ci_high - rates.ci_low) / rates.scale, 1) as width_percent,
    round(100 * rates.value / rates.scale, 1) as at_percent,
    coalesce(cases.per_100_text, '—') as per_100_text,
    coalesce(cases.per_100_ci_text, '—') as per_100_ci_text,
    coalesce(cases.provisional_text, '—') as provisional_text,
    coalesce(cases.repeat_text, '—') as repeat_text,
    case when rates.township_code is null then coalesce(city.rank_text, '—') else '—' end as rank_text,
    case when rates.township_code is null then coalesce(city.city_rate_text, '—') else '—' end as city_rate_text,
    case when rates.township_code is null then coalesce(city.city_note, '') else '' end as city_note,
    case when rates.township_code is null and city.city_note is not null then 'bad' else '' end as city_tone,
    '季度人数少，各季度之间不比高低；不对镇街排名。同比变化具统计显著性的：'
    || coalesce(string_agg(rates.period_label, '、') filter (where rates.p_value < 0.05 and rates.note_text is null) over windows, '没有')
    || '。' as significance_text,
    min(rates.starts_on) over windows || ' 至 ' || max(rates.ends_on) over windows || '，截至 ' || max(rates.as_of) over windows as window_text
from rates
left join cases on rates.period_id = cases.period_id and rates.township_name = cases.township_name
left join city on rates.period_id = city.period_id
window windows as (partition by rates.township_name, rates.period_kind)
