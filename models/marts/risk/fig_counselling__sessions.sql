with

periods as (
    select * from {{ ref('periods') }}
),

sessions as (
    select * from {{ ref('fct_counselling') }}
),

daily as (
    select
        counselled_on,
        count(*) as sessions
    from sessions
    where township_code is not null
    group by counselled_on
),

counted as (
    select
        periods.period_id,
        sum(daily.sessions) as sessions
    from periods
    inner join daily on daily.counselled_on between periods.starts_on and periods.ends_on
    group by periods.period_id
),

final as (
    {{ figure_cells('counted', 'counselling.sessions', 'sessions', township='null') }}
)

select * from final
