-- one row per chosen township (全区: all of them) and shown township: the last eighteen months that are over, one after another
with

months as (
    select
        axis_label,
        starts_on,
        township_code,
        township_name,
        numerator::integer as done
    from dashboards.main.figures
    where
        figure_id = 'sweeps.rate'
        and period_kind = 'month'
        and denominator > 0
        and township_code is not null
),

recent as (
    from months
    qualify dense_rank() over (order by starts_on desc) <= 18
),

by_township as (
    select
        township_code,
        township_name as township,
        to_json(list(axis_label order by starts_on))::varchar as months,
        to_json(list(if(done = 1, 'done', 'missed') order by starts_on))::varchar as cells,
        count(*) filter (where done = 0)::integer as missed,
        min(axis_label) || ' 至 ' || max(axis_label) || '，截至 ' || any_value(build.known_at)::varchar as window_text
    from recent
    cross join (from dashboards.main.build_info) as build
    group by township_code, township_name
),

chosen as (
    select '全区' as township_name, * from by_township
    union all
    select township as township_name, * from by_township
)

select *, if(missed > 0, 'bad', 'zero') as missed_tone from chosen
