-- one row per open finding, in words; nothing of a row but its number and masked key
select
    coalesce(feeds.agency_zh, '来源不明') as agency_zh,
    coalesce(feeds.feed_zh, '无法识别的文件') as feed_zh,
    still.file_name,
    still.sheet,
    still.row_no,
    case
        when still.row_no is not null then coalesce(still.sheet || ' ', '') || '第' || still.row_no || '行'
        else ''
    end as place_zh,
    still.row_key,
    still.message,
    rules.mend_zh,
    case still.severity when 'block' then '整份退回' when 'quarantine' then '隔离' else '提示' end as severity_zh,
    still.opened_on,
    still.opened_on::varchar as opened_text,
    still.days_open,
    still.rule,
    still.owner,
    case when still.times_opened > 1 then '是' else '' end as again_zh
from persons.main.open_findings as still
inner join dashboards.main.dim_rule as rules on still.rule = rules.rule
left join dashboards.main.dim_feed as feeds on still.feed = feeds.feed
