-- one row per township (全区 too) and stretch of thirty days ahead of the newest data, empty ones too; and one for all three
with

stretches as (
    from (
        values (30, 1, '30日内'), (60, 31, '31—60日'), (90, 61, '61—90日'), (90, 1, '90日合计')
    ) as listed (last_day, first_day, stretch)
),

counted as (
    select
        choices.period_label,
        choices.as_of,
        townships.township_code,
        townships.township_name,
        stretches.*,
        coalesce(sum(ahead.persons) filter (ahead.milestone = '释放'), 0)::integer as releases,
        coalesce(sum(ahead.persons) filter (ahead.milestone = '期满'), 0)::integer as terms
    from (from dashboards.main.period_choices where period_kind = 'year_to_date') as choices
    cross join dashboards.main.township_choices as townships
    cross join stretches
    left join dashboards.main.outlook as ahead
        on
            choices.period_id = ahead.period_id
            and townships.township_code is not distinct from ahead.township_code
            and stretches.last_day >= ahead.within_days
            and stretches.first_day < ahead.within_days
    group by all
)

select
    period_label,
    '截至 ' || as_of || '（最新数据，不随所选统计期变），其后 90 日' as window_text,
    township_code,
    township_name,
    (case when stretch = '90日合计' then 99 else last_day end)::integer as place,
    stretch || '（至 ' || strftime(as_of + last_day, '%-m月%-d日') || '）' as stretch,
    releases,
    terms,
    round(100.0 * releases / greatest(max(releases + terms) over everywhere, 1), 1)::double as releases_share,
    round(100.0 * terms / greatest(max(releases + terms) over everywhere, 1), 1)::double as terms_share,
    case when first_day = 1 and last_day = 90 then 'total' else '' end as tone
from counted
window everywhere as (partition by period_label, township_name)
