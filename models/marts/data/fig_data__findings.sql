with

periods as (
    select * from {{ ref('periods') }}
),

findings as (
    select * from {{ ref('fct_findings') }}
),

-- findings of files that fit no feed are in the other breakdowns only
counted as (
    select
        feed,
        rule,
        severity,
        count(*) as findings
    from findings
    group by grouping sets ((feed), (rule), (severity))
    having grouping(feed) = 1 or feed is not null
),

cells as (
    select
        counted.*,
        periods.period_id
    from periods
    cross join counted
),

by_rule as (
    select *
    from cells
    where severity is null
),

by_severity as (
    select *
    from cells
    where severity is not null
),

final as (
    {{ figure_cells('by_rule', 'data.findings', 'findings', township='null', feed='feed', dimension='rule') }}
    union all
    {{ figure_cells('by_severity', 'data.findings', 'findings', township='null', dimension='severity') }}
)

select * from final
