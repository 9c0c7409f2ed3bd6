-- one row per month that is over of the last eighteen, chosen township (全区: all of them) and shown township
with

months as (
    select
        period_id,
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
    select *
    from months
    qualify dense_rank() over (order by starts_on desc) <= 18
)

select '全区' as township_name, township_name as township, recent.* exclude (township_name) from recent
union all
select township_name, township_name as township, recent.* exclude (township_name) from recent
