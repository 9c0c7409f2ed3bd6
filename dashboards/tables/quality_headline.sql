-- one row per number at the head of the page; all feeds
with

still as (
    select
        count(*) as findings,
        count(*) filter (where severity = 'quarantine') as set_aside,
        count(*) filter (where severity = 'block') as refused,
        count(*) filter (where days_open > 31) as old
    from persons.main.open_findings
),

fed as (
    select
        count(*) filter (where age_tone = 'bad') as late,
        count(*) as feeds,
        sum(rows_read) as rows_read,
        sum(rows_accepted) as rows_accepted,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_unlinked) as rows_unlinked
    from dashboards.main.quality_feeds
),

record as (
    select
        sum(findings) as findings,
        sum(findings_mended) as mended,
        sum(days_to_mend) as days
    from dashboards.main.agency_record
)

select
    place,
    title,
    value_text,
    unit_text,
    said,
    tone,
    '截至 ' || build.known_at::varchar || ' 收到的报送' as window_text
from (
    select 1 as place, '待整改问题' as title, format('{:,}', findings) as value_text, '件' as unit_text,
        '其中超过 31 天 ' || format('{:,}', old) || ' 件' as said, '' as tone from still
    union all
    select 2, '待退回文件', format('{:,}', refused), '个', '整份退回，尚未重新报送', if(refused > 0, 'bad', '') from still
    union all
    select 3, '隔离行待改正', format('{:,}', set_aside), '件', '改正前不计入任何数字', if(set_aside > 0, 'bad', '') from still
    union all
    select 4, '逾期未报', format('{:,}', late), '张表', '共 ' || feeds || ' 张表', if(late > 0, 'bad', '') from fed
    union all
    select 5, '接收率', format('{:.1f}%', 100.0 * rows_accepted / nullif(rows_accepted + rows_quarantined, 0)), '',
        '读入 ' || format('{:,}', rows_read::bigint) || ' 行', '' from fed
    union all
    select 6, '未关联到人', format('{:,}', rows_unlinked::bigint), '行', '没有能认定此人的信息', '' from fed
    union all
    select 7, '已整改', format('{:,}', mended::bigint), '件',
        '平均 ' || format('{:.1f}', days / nullif(mended, 0)) || ' 天', '' from record
) as numbers
cross join (from dashboards.main.build_info) as build
