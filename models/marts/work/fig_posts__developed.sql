with

periods as (
    select * from {{ ref('periods') }}
),

posts as (
    select * from {{ ref('fct_posts') }}
),

counted as (
    select
        periods.period_id,
        count(*) as posts
    from periods
    inner join posts on posts.developed_on between periods.starts_on and periods.ends_on
    group by periods.period_id
),

final as (
    {{ figure_cells('counted', 'posts.developed', 'posts', township='null') }}
)

select * from final
