-- one row per feed: how fresh, what became of its rows, what is open; the data figures are the same in every period
with

cells as (
    select *
    from dashboards.main.figures
    where
        feed is not null
        and township_code is null
        and period_id = (
            select min_by(period_id, sort_order)
            from dashboards.main.period_choices
        )
),

by_feed as (
    select
        feed,
        any_value(numerator) filter (where figure_id = 'data.newest_delivery')::integer as age_days,
        any_value(value_text) filter (where figure_id = 'data.newest_delivery') as newest_on,
        any_value(numerator) filter (where figure_id = 'data.rows' and member = 'read')::bigint as rows_read,
        any_value(numerator) filter (where figure_id = 'data.rows' and member = 'accepted')::bigint as rows_accepted,
        any_value(numerator) filter (where figure_id = 'data.rows' and member = 'quarantined')::bigint as rows_quarantined,
        any_value(numerator) filter (where figure_id = 'data.rows' and member = 'skipped')::bigint as rows_skipped,
        any_value(numerator) filter (where figure_id = 'data.unlinked')::bigint as rows_unlinked
    from cells
    group by feed
),

still as (
    select
        feed,
        count(*) as findings_open
    from persons.main.open_findings
    group by feed
)

select
    feeds.sort_order as place,
    feeds.agency_zh,
    feeds.feed_zh,
    case when feeds.is_snapshot then '全量' else '增量' end as kind_zh,
    coalesce(by_feed.newest_on, '从未报送') as newest_on,
    by_feed.age_days,
    feeds.rhythm_days,
    by_feed.rows_read,
    by_feed.rows_accepted,
    by_feed.rows_quarantined,
    by_feed.rows_skipped,
    by_feed.rows_unlinked,
    coalesce(by_feed.age_days::varchar, '—') as age_text,
    format('{:,}', coalesce(by_feed.rows_read, 0)) as read_text,
    format('{:,}', coalesce(by_feed.rows_accepted, 0)) as accepted_text,
    format('{:,}', coalesce(by_feed.rows_quarantined, 0)) as quarantined_text,
    format('{:,}', coalesce(by_feed.rows_skipped, 0)) as skipped_text,
    coalesce(format('{:,}', by_feed.rows_unlinked), '—') as unlinked_text,
    coalesce(still.findings_open, 0) as findings_open,
    case when coalesce(by_feed.age_days > feeds.rhythm_days, true) then 'bad' else '' end as age_tone
from dashboards.main.dim_feed as feeds
left join by_feed on feeds.feed = by_feed.feed
left join still on feeds.feed = still.feed
