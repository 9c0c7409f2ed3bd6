with

batches as (
    select
        *,
        date_trunc('month', delivered_on)::date as month_on
    from {{ ref('stg_batches') }}
),

exemptions as (
    select
        feed,
        reason,
        strptime(from_month, '%Y-%m')::date as from_month_on,
        strptime(to_month, '%Y-%m')::date as to_month_on
    from {{ ref('stability_exemptions') }}
),

-- of whole lists the last of the month
counted as (
    select * from batches
    qualify
        feed not in ({{ snapshot_feeds() }})
        or row_number() over (partition by feed, month_on order by delivery_order desc) = 1
),

measured as (
    select
        feed,
        month_on,
        'rows' as measure,
        null as column_name,
        sum(rows_accepted + rows_quarantined)::double as measured_value
    from counted
    group by feed, month_on
    union all
    select
        feed,
        month_on,
        'mean' as measure,
        column_name,
        mean_value::double as measured_value
    from ({{ feed_numbers('counted') }}) as means
),

-- the first month holds all that was before
exempted as (
    select
        measured.*,
        case
            when measured.month_on = min(measured.month_on) over (partition by measured.feed)
                then '首次报送，含以往数据'
            else exemptions.reason
        end as exempt_reason
    from measured
    left join exemptions
        on
            measured.feed = exemptions.feed
            and measured.month_on between exemptions.from_month_on and exemptions.to_month_on
),

usual_months as (
    select
        *,
        case when exempt_reason is null then measured_value end as usual_value
    from exempted
),

compared as (
    select
        *,
        count(usual_value) over own_year as months_before,
        median(usual_value) over own_year as usual,
        1.4826 * mad(usual_value) over own_year as deviation,
        abs(measured_value - usual) as distance
    from usual_months
    window own_year as (
        partition by feed, measure, column_name
        order by month_on rows between 12 preceding and 1 preceding
    )
),

final as (
    select
        compared.feed,
        compared.month_on,
        compared.measure,
        compared.column_name,
        compared.measured_value,
        compared.usual,
        compared.months_before::integer as months_before,
        compared.exempt_reason,
        coalesce(
            compared.exempt_reason is null
            and compared.months_before >= limits.months_needed
            and compared.distance * 100 > abs(compared.usual) * limits.change_percent
            and compared.distance > compared.deviation * limits.deviations,
            false
        ) as is_unusual
    from compared
    inner join {{ ref('stability_limits') }} as limits on compared.measure = limits.measure
)

select * from final
