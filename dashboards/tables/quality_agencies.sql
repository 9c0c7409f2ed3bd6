-- one row per agency: its record of mending
with

counted as (
    select
        coalesce(feeds.agency_zh, '来源不明') as agency_zh,
        min(feeds.sort_order) as place,
        sum(record.findings)::bigint as findings,
        sum(record.findings_open)::bigint as findings_open,
        sum(record.findings_mended)::bigint as findings_mended,
        sum(record.findings_reopened)::bigint as findings_reopened,
        sum(record.days_to_mend)::bigint as days_to_mend,
        sum(record.mended_within_31_days)::bigint as mended_within_31_days,
        min(record.oldest_open_on) as oldest_open_on
    from dashboards.main.agency_record as record
    left join dashboards.main.dim_feed as feeds on record.feed = feeds.feed
    group by 1
)

select
    agency_zh,
    place,
    findings,
    findings_open,
    findings_mended,
    findings_reopened,
    case
        when findings_mended > 0 then format('{:.1f}%', 100.0 * findings_mended / findings)
        else '—'
    end as mended_text,
    case when findings_mended > 0 then format('{:.1f}', days_to_mend / findings_mended) else '—' end as days_text,
    case
        when findings_mended > 0 then format('{:.1f}%', 100.0 * mended_within_31_days / findings_mended)
        else '—'
    end as quick_text,
    coalesce(oldest_open_on::varchar, '—') as oldest_open_on
from counted
