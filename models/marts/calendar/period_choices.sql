with

windows as (
    select *
    from {{ ref('dim_period') }}
    -- a year that is not over is the year to date
    where previous_period_id is not null and (is_complete or kind != 'year')
),

labelled as (
    select
        *,
        label_zh || case when is_complete then '' else '（未满）' end as period_label,
        case kind
            when 'month' then period_id
            when 'quarter' then replace(period_id, '-', '')
            when 'half_year' then year(starts_on) || case month(starts_on) when 1 then '上' else '下' end
            else replace(period_id, '-YTD', '至今')
        end || case when is_complete then '' else '（未满）' end as axis_label,
        starts_on || ' 至 ' || window_end || '，截至 ' || as_of as window_text,
        case kind
            when 'year_to_date' then 1
            when 'year' then 2
            when 'half_year' then 3
            when 'quarter' then 4
            else 5
        end as kind_order
    from windows
),

final as (
    select
        period_id,
        kind as period_kind,
        period_label,
        axis_label,
        window_text,
        is_complete,
        starts_on,
        window_end as ends_on,
        as_of,
        row_number() over (order by kind_order asc, starts_on desc)::integer as sort_order
    from labelled
)

select * from final
