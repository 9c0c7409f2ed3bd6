with

periods as (
    select * from {{ ref('periods') }}
),

townships as (
    select * from {{ ref('dim_township') }}
),

sweeps as (
    select *
    from {{ ref('fct_sweeps') }}
    where is_on_time
),

-- first days of the months wholly inside the window: from first_month up to, not including, end_month
whole_months as (
    select
        period_id,
        (date_trunc('month', starts_on - 1) + interval 1 month)::date as first_month,
        date_trunc('month', ends_on + 1)::date as end_month
    from periods
),

due as (
    select
        whole_months.*,
        townships.township_code,
        greatest(date_diff('month', whole_months.first_month, whole_months.end_month), 0) as months
    from whole_months
    cross join townships
),

done as (
    select
        due.period_id,
        due.township_code,
        any_value(due.months) as months,
        count(sweeps.month) as months_done
    from due
    left join sweeps
        on
            due.township_code = sweeps.township_code
            and due.first_month <= sweeps.month
            and due.end_month > sweeps.month
    group by due.period_id, due.township_code
),

counted as (
    select
        period_id,
        township_code,
        sum(months) as months,
        sum(months_done) as months_done
    from done
    group by grouping sets ((period_id), (period_id, township_code))
),

final as (
    {{ figure_cells('counted', 'sweeps.done', 'months_done') }}
    union all
    {{ figure_cells('counted', 'sweeps.rate', 'months_done', denominator='months') }}
)

select * from final
