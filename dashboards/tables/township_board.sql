-- one row per period, chosen township (全区: all of them) and shown township: what pages 3 to 5 list by township
with

cells as (
    select *
    from dashboards.main.figures
    where township_code is not null
),

board as (
    select
        period_label,
        window_text,
        township_code,
        township_name as township,
        max(numerator) filter (figure_id = 'register.on_register')::integer as on_register,
        max(numerator) filter (figure_id = 'handover.due')::integer as due,
        max(numerator) filter (figure_id = 'handover.done')::integer as done,
        max(value_text) filter (figure_id = 'handover.rate') as handover_text,
        coalesce(max(parts_text) filter (figure_id = 'handover.key_rate' and denominator > 0), '—') as key_text,
        max(denominator - numerator) filter (figure_id = 'handover.key_rate' and denominator > 0)::integer as key_missed,
        max(numerator) filter (figure_id = 'handover.on_time')::integer as on_time,
        max(numerator) filter (figure_id = 'dual.listed' and dimension is null)::integer as listed,
        max(numerator) filter (figure_id = 'dual.one_sided')::integer as one_sided,
        max(numerator) filter (figure_id = 'dual.unlisted')::integer as unlisted,
        max(numerator) filter (figure_id = 'register.past_term')::integer as past_term,
        max(numerator) filter (figure_id = 'register.expiring_90')::integer as expiring,
        max(numerator) filter (figure_id = 'risk.colour' and member = '红')::integer as red,
        max(numerator) filter (figure_id = 'risk.colour' and member = '橙')::integer as orange,
        coalesce(max(denominator - numerator) filter (figure_id = 'risk.red_with_plan'), 0)::integer as red_without_plan,
        max(denominator - numerator) filter (figure_id = 'visits.rate')::integer as overdue,
        max(value_text) filter (figure_id = 'visits.rate') as visits_text,
        max(numerator) filter (figure_id = 'visits.count')::integer as visits,
        coalesce(max(parts_text) filter (figure_id = 'sweeps.rate' and denominator > 0), '—') as sweeps_text,
        max(denominator - numerator) filter (figure_id = 'sweeps.rate')::integer as sweeps_missed,
        max(denominator) filter (figure_id = 'sweeps.rate')::integer as sweeps_due,
        max(numerator) filter (figure_id = 'counselling.sessions')::integer as counselling,
        max(numerator) filter (figure_id = 'relief.grants' and dimension is null)::integer as grants,
        max(numerator) filter (figure_id = 'relief.persons' and dimension is null)::integer as persons,
        max(value) filter (figure_id = 'relief.amount_yuan' and dimension is null) as amount_yuan,
        max(wan_yuan_text) filter (figure_id = 'relief.amount_yuan' and dimension is null) as amount_text,
        max(numerator) filter (figure_id = 'posts.held')::integer as posts_held,
        max(value_text) filter (figure_id = 'employment.rate') as employment_text,
        max(value) filter (figure_id = 'employment.rate') as employment_rate
    from cells
    group by period_label, window_text, township_code, township_name
),

-- the shares below which a township's process is red, the same as in its ranking
floors as (
    select
        max(floor_percent) filter (process = 'visits') as visits_floor,
        max(floor_percent) filter (process = 'sweeps') as sweeps_floor,
        '红字：有红色未定一人一策，或低于下限（走访按期率' || visits_floor || '%、动态排查完成率' || sweeps_floor || '%）' as floors_text
    from dashboards.main.dim_process
),

judged as (
    select
        board.*,
        floors.floors_text,
        due - done as not_done,
        done - on_time as late,
        case when due > done then 'bad' when due = 0 then 'zero' else '' end as handover_tone,
        case when key_missed > 0 then 'bad' else '' end as key_tone,
        case when done > on_time then 'bad' else 'zero' end as late_tone,
        case when one_sided > 0 then 'bad' else 'zero' end as one_sided_tone,
        case when unlisted > 0 then 'bad' else 'zero' end as unlisted_tone,
        case when past_term > 0 then 'bad' else 'zero' end as past_term_tone,
        case when red_without_plan > 0 then 'bad' else 'zero' end as plan_tone,
        case when 100 * (on_register - overdue) < floors.visits_floor * on_register then 'bad' else '' end as visits_tone,
        case when overdue = 0 then 'zero' else '' end as overdue_tone,
        case when 100 * (sweeps_due - sweeps_missed) < floors.sweeps_floor * sweeps_due then 'bad' else '' end as sweeps_tone,
        due - done + done - on_time + coalesce(key_missed, 0) + one_sided + unlisted + past_term as handover_debt,
        red_without_plan * 100 + overdue + coalesce(sweeps_missed, 0) as risk_debt
    from board
    cross join floors
)

select '全区' as township_name, judged.* from judged
union all
select township as township_name, judged.* from judged
