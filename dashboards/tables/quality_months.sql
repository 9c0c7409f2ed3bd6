-- one row per feed and month of the last two years: findings that opened, were mended, stood open at its end
select
    coalesce(feeds.agency_zh, '来源不明') as agency_zh,
    coalesce(feeds.feed_zh, '无法识别的文件') as feed_zh,
    months.month_on,
    strftime(months.month_on, '%Y-%m') as month_label,
    months.findings_opened,
    months.findings_mended,
    months.findings_open
from dashboards.main.finding_months as months
left join dashboards.main.dim_feed as feeds on months.feed = feeds.feed
cross join (from dashboards.main.build_info) as build
where months.month_on > build.known_at - interval 24 month
