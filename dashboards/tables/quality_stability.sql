-- one row per month of the last two years in which a feed differs from its own history, or is exempt from it
select
    feeds.agency_zh,
    feeds.feed_zh,
    stability.month_on,
    strftime(stability.month_on, '%Y-%m') as month_label,
    case stability.measure
        when 'rows' then '行数'
        else '平均' || coalesce(columns.column_zh, stability.column_name)
    end as measure_zh,
    case
        when stability.measure = 'rows' then format('{:,}', stability.measured_value::bigint)
        else format('{:,.2f}', stability.measured_value)
    end as value_text,
    case
        when stability.usual is null then '—'
        when stability.measure = 'rows' then format('{:,}', round(stability.usual)::bigint)
        else format('{:,.2f}', stability.usual)
    end as usual_text,
    coalesce('不判断：' || stability.exempt_reason, '与往月相差过大') as said,
    case when stability.exempt_reason is null then 'bad' else '' end as tone
from dashboards.main.feed_stability as stability
inner join dashboards.main.dim_feed as feeds on stability.feed = feeds.feed
left join dashboards.main.dim_column as columns
    on
        stability.feed = columns.feed
        and stability.column_name = columns.column_name
cross join (from dashboards.main.build_info) as build
where
    (stability.is_unusual or stability.exempt_reason is not null)
    and stability.month_on > build.known_at - interval 24 month
