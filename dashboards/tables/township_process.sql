-- One row per period, chosen place (全区: all townships; a township: itself) and township: how its work is done.
-- Only process is ranked: handover, visits, sweeps, plans. Never reoffending.
with

townships as (
    select
        choices.period_id,
        choices.period_label,
        choices.window_text,
        places.township_code,
        places.township_name as township
    from dashboards.main.period_choices as choices
    cross join dashboards.main.dim_township as places
),

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

-- a township without anything due has no share and takes no place in that process; ties share the better place
placed as (
    select
        measured.*,
        100 * measured.done < floors.floor_percent * measured.due as is_low,
        rank() over (partition by measured.process, measured.period_id order by measured.done / measured.due desc) as place
    from measured
    inner join dashboards.main.dim_process as floors on measured.process = floors.process
    where measured.due > 0
),

said as (
    select string_agg(process_zh || floor_percent || '%', '、' order by floor_percent, process) as floors_text
    from dashboards.main.dim_process
),

by_township as (
    select
        period_id,
        township_code,
        avg(place) as mean_place,
        max(done::integer || '/' || due::integer) filter (where process = 'handover') as handover_text,
        max(done::integer || '/' || due::integer) filter (where process = 'visits') as visits_text,
        max(done::integer || '/' || due::integer) filter (where process = 'sweeps') as sweeps_text,
        max(done::integer || '/' || due::integer) filter (where process = 'plans') as plans_text,
        max(case when is_low then 'bad' else '' end) filter (where process = 'handover') as handover_tone,
        max(case when is_low then 'bad' else '' end) filter (where process = 'visits') as visits_tone,
        max(case when is_low then 'bad' else '' end) filter (where process = 'sweeps') as sweeps_tone,
        max(case when is_low then 'bad' else '' end) filter (where process = 'plans') as plans_tone,
        count(*) filter (where is_low)::integer as lapses
    from placed
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

ranked as (
    select
        townships.*,
        registered.on_register,
        by_township.* exclude (period_id, township_code),
        case
            when by_township.mean_place is not null
                then rank() over (partition by townships.period_id order by by_township.mean_place asc nulls last)
        end as place
    from townships
    left join by_township using (period_id, township_code)
    left join registered using (period_id, township_code)
),

chosen as (
    select
        '全区' as township_name,
        *
    from ranked
    union all
    select
        township as township_name,
        *
    from ranked
)

select
    township_name,
    period_label,
    window_text,
    township_code,
    township,
    place::integer as place,
    coalesce(place::varchar, '—') as place_text,
    on_register,
    coalesce(handover_text, '—') as handover_text,
    coalesce(visits_text, '—') as visits_text,
    coalesce(sweeps_text, '—') as sweeps_text,
    coalesce(plans_text, '—') as plans_text,
    coalesce(handover_tone, '') as handover_tone,
    coalesce(visits_tone, '') as visits_tone,
    coalesce(sweeps_tone, '') as sweeps_tone,
    coalesce(plans_tone, '') as plans_tone,
    case
        when lapses is null then 'none'
        when lapses = 0 then 'well'
        when lapses = 1 then 'some'
        else 'much'
    end as grade,
    case
        when lapses is null then '没有数据'
        when lapses = 0 then '四项正常'
        else lapses || '项偏低'
    end as grade_text,
    '低于下限算偏低：' || floors_text as floors_text
from chosen
cross join said
