with

months as (
    {{ months_up_to(known_at(), 36) }}
),

kinds as (
    select
        listed.kind,
        listed.length_months,
        listed.mark,
        listed.kind_zh
    from (
        values
        ('month', 1, '-', '月'),
        ('quarter', 3, '-Q', '季度'),
        ('half_year', 6, '-H', '半年'),
        ('year', 12, '', '年')
    ) as listed (kind, length_months, mark, kind_zh)
),

starts as (
    select distinct
        kinds.*,
        date_trunc('year', months.month_on)::date as year_on,
        year(months.month_on) as starts_year,
        ((month(months.month_on) - 1) // kinds.length_months)::integer as number_before
    from months
    cross join kinds
),

windows as (
    select
        kind,
        case kind
            when 'year' then starts_year::varchar
            when 'month' then starts_year || mark || lpad((number_before + 1)::varchar, 2, '0')
            else starts_year || mark || (number_before + 1)
        end as period_id,
        case kind
            when 'year' then starts_year || '年'
            when 'half_year' then starts_year || case number_before when 0 then '年上半年' else '年下半年' end
            when 'quarter' then starts_year || '年' || substr('一二三四', number_before + 1, 1) || kind_zh
            else starts_year || '年' || (number_before + 1) || kind_zh
        end as label_zh,
        {{ add_months('year_on', 'number_before * length_months') }} as starts_on,
        {{ add_months('year_on', '(number_before + 1) * length_months') }} - 1 as window_end
    from starts
    union all
    select
        'year_to_date' as kind,
        year({{ known_at() }}) || '-YTD' as period_id,
        year({{ known_at() }}) || '年至今' as label_zh,
        date_trunc('year', {{ known_at() }})::date as starts_on,
        {{ known_at() }} as window_end
),

-- everything in a window ends at known-at
closed_windows as (
    select
        *,
        least(window_end, {{ known_at() }}) as as_of,
        window_end <= {{ known_at() }} as is_complete
    from windows
),

own as (
    select
        period_id,
        kind,
        label_zh,
        is_complete,
        starts_on,
        as_of as ends_on,
        as_of,
        window_end,
        null::date as first_delivered_by,
        period_id || '-previous' as previous_period_id
    from closed_windows
),

previous as (
    select
        previous_period_id as period_id,
        kind,
        label_zh || '（上年同期）' as label_zh,
        is_complete,
        {{ year_before('starts_on') }} as starts_on,
        least({{ year_before('window_end') }}, {{ year_before('as_of') }}) as ends_on,
        {{ year_before('as_of') }} as as_of,
        {{ year_before('window_end') }} as window_end,
        null::date as first_delivered_by,
        null::varchar as previous_period_id
    from own
),

final as (
    select * from own
    union all
    select * from previous
)

select * from final
