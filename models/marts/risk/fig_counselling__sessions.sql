with

periods as (
    select * from {{ ref('periods') }}
),

sessions as (
    select * from {{ ref('fct_counselling') }}
),

daily as (
    select
        township_code,
        counselled_on,
        count(*) as sessions
    from sessions
    where township_code is not null
    group by township_code, counselled_on
),

counted as (
    select
        periods.period_id,
        daily.township_code,
        sum(daily.sessions) as sessions
    from periods
    inner join daily on daily.counselled_on between periods.starts_on and periods.ends_on
    group by grouping sets ((periods.period_id), (periods.period_id, daily.township_code))
),

final as (
    {{ figure_cells('counted', 'counselling.sessions', 'sessions') }}
)

select * from final
