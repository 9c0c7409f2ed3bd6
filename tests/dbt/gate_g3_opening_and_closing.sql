{{ config(tags=['gate']) }}
-- G3: opening + entered - left = closing, for the whole district; on the register, and in the risk library
with

periods as (
    select * from {{ ref('dim_period') }}
),

stays as (
    select
        'register' as stock,
        person_key,
        valid_from,
        valid_to
    from {{ ref('fct_register_days') }}
    union all
    select
        'risk' as stock,
        person_key,
        valid_from,
        valid_to
    from {{ ref('fct_risk_days') }}
    where in_library
),

movements as (
    select
        period_id,
        split_part(figure_id, '.', 1) as stock,
        sum(case when figure_id like '%.entered' then numerator else -numerator end) as balance
    from {{ ref('figures') }}
    where
        figure_id in ('register.entered', 'register.left', 'risk.entered', 'risk.left')
        and township_code is null
    group by period_id, split_part(figure_id, '.', 1)
),

standing as (
    select
        periods.period_id,
        stays.stock,
        count(*) filter (
            where periods.starts_on > stays.valid_from and periods.starts_on <= stays.valid_to
        ) as opening,
        count(*) filter (
            where periods.ends_on >= stays.valid_from and periods.ends_on < stays.valid_to
        ) as closing
    from periods
    inner join stays
        on
            periods.starts_on <= stays.valid_to
            and greatest(periods.starts_on, periods.ends_on) >= stays.valid_from
    group by periods.period_id, stays.stock
),

broken as (
    select
        standing.*,
        movements.balance
    from standing
    left join movements
        on
            standing.period_id = movements.period_id
            and standing.stock = movements.stock
    where standing.opening + coalesce(movements.balance, 0) != standing.closing
)

select * from broken
