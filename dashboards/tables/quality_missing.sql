-- one row per delivery that did not come in time, in words
select
    feeds.agency_zh,
    feeds.feed_zh,
    missing.expected_month,
    strftime(missing.expected_month, '%Y-%m') as month_label,
    missing.last_day,
    missing.days_late,
    case
        when missing.is_awaited then '仍未报送'
        else coalesce(missing.delivered_on::varchar, '未报送')
    end as delivered_text,
    case when missing.is_awaited then 'bad' else '' end as tone
from dashboards.main.missing_deliveries as missing
inner join dashboards.main.dim_feed as feeds on missing.feed = feeds.feed
