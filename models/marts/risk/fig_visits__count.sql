with

periods as (
    select * from {{ ref('periods') }}
),

visits as (
    select * from {{ ref('fct_visits') }}
),

daily as (
    select
        township_code,
        visited_on,
        count(*) as visits
    from visits
    where township_code is not null
    group by township_code, visited_on
),

counted as (
    select
        periods.period_id,
        daily.township_code,
        sum(daily.visits) as visits
    from periods
    inner join daily on daily.visited_on between periods.starts_on and periods.ends_on
    group by grouping sets ((periods.period_id), (periods.period_id, daily.township_code))
),

final as (
    {{ figure_cells('counted', 'visits.count', 'visits') }}
)

select * from final
