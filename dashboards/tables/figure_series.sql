-- One row per series, month and place, for charts over time; null before the feed that the figure lives on began.
with

-- figures of feeds whose rows say how things are on their day, and nothing of the days before their first delivery
begins as (
    select
        listed.figure_id,
        feeds.first_delivered_on as begins_on
    from (values ('dual.unlisted', 'police.residence'), ('contact.lost', 'police.residence')) as listed (figure_id, feed)
    inner join dashboards.main.dim_feed as feeds on listed.feed = feeds.feed
),

-- help by the types that most of it is of; the others together
types as (
    from (values ('最低生活保障', 1), ('临时救助', 2), ('特困人员供养', 3)) as listed (member, series_order)
),

months as (
    select *
    from dashboards.main.figures
    where period_kind = 'month'
),

counts as (
    select
        months.township_code,
        months.township_name,
        months.axis_label,
        months.starts_on,
        months.known_text,
        months.figure_id,
        months.name_zh as series,
        0 as series_order,
        case when begins.begins_on is null or months.as_of >= begins.begins_on then months.value end as value
    from months
    left join begins on months.figure_id = begins.figure_id
    where
        months.dimension is null
        and months.feed is null
        and months.figure_id not like 'relief.%'
),

relief as (
    select
        months.township_code,
        months.township_name,
        months.axis_label,
        months.starts_on,
        months.known_text,
        months.figure_id,
        coalesce(types.member, '其他救助') as series,
        coalesce(types.series_order, 4) as series_order,
        sum(months.value) as value
    from months
    left join types on months.member = types.member
    where months.dimension = 'relief_type'
    group by all
)

from counts
union all
from relief
