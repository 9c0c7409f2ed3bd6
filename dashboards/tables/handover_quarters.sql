-- One row per quarter and place: how many were handed over, how many key persons were fetched; shares from nothing to all.
with

quarters as (
    select
        township_code,
        township_name,
        period_label as period_choice,
        starts_on,
        as_of,
        max(value_text) filter (where figure_id = 'handover.rate') as rate_text,
        max(parts_text) filter (where figure_id = 'handover.rate' and denominator > 0) as rate_parts,
        max(100 * value) filter (where figure_id = 'handover.rate') as rate_bar,
        max(value_text) filter (where figure_id = 'handover.key_rate') as key_text,
        max(parts_text) filter (where figure_id = 'handover.key_rate' and denominator > 0) as key_parts,
        max(100 * value) filter (where figure_id = 'handover.key_rate') as key_bar
    from dashboards.main.figures
    where
        figure_id in ('handover.rate', 'handover.key_rate')
        and period_kind = 'quarter'
        and dimension is null
    group by township_code, township_name, period_label, starts_on, as_of
)

select
    *,
    min(starts_on) over places || ' 至 ' || max(as_of) over places || '，截至 ' || max(as_of) over places as window_text
from quarters
window places as (partition by township_name)
