-- One row per period, chosen place (全区: all townships; a township: itself, and what stands in the middle of all) and
-- township: how its work is done. Only process is ranked: handover, visits, sweeps, plans. Never reoffending. Fewer than
-- five cases of a process are shown and count nowhere. First come townships with fewer processes below their floor, then
-- the better score, so that the colours of the overview and the places agree.
with

handovers as (
    select
        'handover' as process,
        period_id,
        township_code,
        max(value) filter (where figure_id = 'handover.on_time') as done,
        max(value) filter (where figure_id = 'handover.due') as due
    from dashboards.main.figures
    where
        figure_id in ('handover.on_time', 'handover.due')
        and township_code is not null
    group by period_id, township_code
),

measured as (
    from handovers
    union all
    select
        case figure_id when 'visits.rate' then 'visits' when 'sweeps.rate' then 'sweeps' else 'plans' end as process,
        period_id,
        township_code,
        numerator as done,
        denominator as due
    from dashboards.main.figures
    where
        figure_id in ('visits.rate', 'sweeps.rate', 'risk.red_with_plan')
        and township_code is not null
),

shares as (
    select
        measured.period_id,
        measured.township_code,
        measured.process,
        floors.process_zh,
        measured.done::integer || '/' || measured.due::integer as parts,
        measured.due >= 5 as is_counted,
        (100 * measured.done / measured.due)::decimal(9, 4) as share,
        measured.due >= 5 and 100 * measured.done < floors.floor_percent * measured.due as is_low
    from measured
    inner join dashboards.main.dim_process as floors on measured.process = floors.process
    where measured.due > 0
),

-- what a township misses of the full score by each process that counts
losses as (
    select
        *,
        (100 - share) / count(*) over (partition by period_id, township_code) as lost
    from shares
    where is_counted
),

scored as (
    select
        period_id,
        township_code,
        avg(share) as score,
        count(*) filter (where is_low)::integer as lapses,
        string_agg(process_zh, '、' order by process) filter (where is_low) as low_text,
        max_by(process, (lost, process)) filter (where lost > 0) as worst,
        max_by(process_zh || ' −' || round(lost, 1)::decimal(9, 1), (lost, process)) filter (where lost > 0) as worst_text
    from losses
    group by period_id, township_code
),

ranked as (
    select
        *,
        rank() over (partition by period_id order by lapses asc, round(score, 1) desc)::integer as place,
        count(*) over (partition by period_id)::integer as places
    from scored
),

-- the township in the middle, so that one that sees itself alone can tell where it stands
middle as (
    select
        period_id,
        '全区' as township_code,
        process,
        '' as parts,
        true as is_counted,
        median(share) as share,
        false as is_low
    from losses
    group by period_id, process
),

said as (
    select
        period_id,
        township_code,
        process,
        parts,
        case when is_counted then round(share, 1)::decimal(9, 1) || '%' else '' end as percent,
        case when is_counted then round(share, 1)::double end as bar,
        case when not is_counted then 'few' when is_low then 'bad' else '' end as tone
    from (select * exclude (process_zh) from shares union all by name from middle) as all_shares
    union all
    select
        period_id,
        township_code,
        process,
        '—' as parts,
        '' as percent,
        null::double as bar,
        'few' as tone
    from measured
    where coalesce(due, 0) = 0
),

cells as (
    pivot said
    on process in ('handover', 'visits', 'sweeps', 'plans')
    using max(percent) as percent, max(parts) as parts, max(bar) as bar, max(tone) as tone
    group by period_id, township_code
),

registered as (
    select
        period_id,
        township_code,
        value::integer as on_register
    from dashboards.main.figures
    where
        figure_id = 'register.on_register'
        and township_code is not null
),

townships as (
    select
        choices.period_id,
        places.township_code,
        places.township_name as township,
        registered.on_register,
        ranked.* exclude (period_id, township_code)
    from dashboards.main.period_choices as choices
    cross join dashboards.main.dim_township as places
    left join registered using (period_id, township_code)
    left join ranked using (period_id, township_code)
),

middle_scores as (
    select
        period_id,
        median(score) as score
    from ranked
    group by period_id
),

chosen as (
    select
        *,
        '全区' as township_name,
        township_code as shown_code,
        place::varchar as place_text
    from townships
    union all
    select
        *,
        township as township_name,
        township_code as shown_code,
        place || '/' || places as place_text
    from townships
    union all by name
    select
        townships.period_id,
        townships.township_code,
        '全区中位数' as township,
        middle_scores.score,
        townships.township as township_name,
        '全区' as shown_code,
        '' as place_text
    from townships
    inner join middle_scores using (period_id)
),

floors as (
    select string_agg(process_zh || floor_percent || '%', '、' order by floor_percent, process) as floors_text
    from dashboards.main.dim_process
)

select
    chosen.township_name,
    choices.period_label,
    choices.window_text,
    chosen.township_code,
    chosen.township,
    chosen.shown_code = '全区' as is_middle,
    chosen.place,
    coalesce(chosen.place_text, '—') as place_text,
    chosen.on_register,
    round(chosen.score, 1)::double as score,
    coalesce(round(chosen.score, 1)::decimal(9, 1)::varchar, '—') as score_text,
    coalesce(chosen.worst_text, '') as worst_text,
    coalesce(chosen.low_text || '偏低', '') as low_text,
    case when chosen.lapses > 0 then 'bad' else '' end as low_tone,
    cells.* exclude (period_id, township_code),
    case
        when chosen.lapses is null then 'none'
        when chosen.lapses = 0 then 'well'
        when chosen.lapses = 1 then 'some'
        else 'much'
    end as grade,
    case
        when chosen.lapses is null then '不足5件，不评'
        when chosen.lapses = 0 then '没有偏低'
        else chosen.low_text || '偏低'
    end as grade_text,
    case when chosen.worst = 'handover' then 'handover' else 'risk' end as lead,
    '偏低：' || floors.floors_text || '以下' as floors_text
from chosen
inner join dashboards.main.period_choices as choices using (period_id)
left join cells on chosen.period_id = cells.period_id and chosen.shown_code = cells.township_code
cross join floors
