with

periods as (
    select * from {{ ref('periods') }}
),

covered_payments as (
    select *
    from {{ ref('fct_relief_payments') }}
    where township_code is not null
),

daily as (
    select
        township_code,
        relief_type,
        paid_on,
        count(*) as payments,
        coalesce(sum(amount_yuan), 0) as amount_yuan
    from covered_payments
    group by township_code, relief_type, paid_on
),

counted as (
    select
        periods.period_id,
        daily.township_code,
        daily.relief_type,
        sum(daily.payments) as payments,
        sum(daily.amount_yuan) as amount_yuan
    from periods
    inner join daily on daily.paid_on between periods.starts_on and periods.ends_on
    group by grouping sets (
        (periods.period_id),
        (periods.period_id, daily.township_code),
        (periods.period_id, daily.relief_type),
        (periods.period_id, daily.township_code, daily.relief_type)
    )
),

final as (
    {{ figure_cells('counted', 'relief.payments', 'payments', dimension='relief_type') }}
    union all
    {{ figure_cells('counted', 'relief.amount_yuan', 'amount_yuan', dimension='relief_type') }}
)

select * from final
