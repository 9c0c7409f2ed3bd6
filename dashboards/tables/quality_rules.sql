-- one row per feed and rule: findings ever, open, mended
with

counted as (
    select
        feed,
        rule,
        severity,
        owner,
        sum(findings_open)::bigint as findings_open,
        sum(findings_mended)::bigint as findings_mended,
        sum(findings)::bigint as findings,
        min(oldest_open_on) as oldest_open_on
    from dashboards.main.agency_record
    group by all
)

select
    coalesce(feeds.agency_zh, '来源不明') as agency_zh,
    coalesce(feeds.feed_zh, '无法识别的文件') as feed_zh,
    counted.rule,
    rules.message_zh,
    rules.is_casework,
    case counted.severity when 'block' then '整份退回' when 'quarantine' then '隔离' else '提示' end as severity_zh,
    counted.owner,
    counted.findings_open,
    counted.findings_mended,
    counted.findings,
    coalesce(counted.oldest_open_on::varchar, '') as oldest_open_on,
    case when counted.findings_open > 0 and counted.severity != 'warn' then 'bad' else '' end as tone
from counted
inner join dashboards.main.dim_rule as rules on counted.rule = rules.rule
left join dashboards.main.dim_feed as feeds on counted.feed = feeds.feed
