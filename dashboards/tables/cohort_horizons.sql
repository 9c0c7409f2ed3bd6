-- One row per quarter of release of which a horizon is over for all, the latest sixteen: what share had reoffended by each
-- horizon, and how dark its field is. What cannot be observed yet is empty.
with

points as (
    select *
    from dashboards.main.cohorts
    where
        complete
        and horizon_days <= 1095
    qualify dense_rank() over (order by cohort desc) <= 16
),

said as (
    select
        cohort,
        n,
        'h' || horizon_days as horizon,
        round(100 * km_incidence, 1)::decimal(9, 1) || '%' as share,
        -- without a case there is no interval
        coalesce(round(100 * km_lo, 1)::decimal(9, 1) || '%–' || round(100 * km_hi, 1)::decimal(9, 1) || '%', '') as band,
        'heat heat' || least(4, floor(5 * km_incidence / nullif(max(km_incidence) over (), 0)))::integer as tone
    from points
),

cells as (
    pivot said
    on horizon in ('h183', 'h365', 'h730', 'h1095')
    using max(share) as share, max(band) as band, max(tone) as tone
    group by cohort, n
)

select
    cells.*,
    left(cells.cohort, 4) || '年' || substr('一二三四', right(cells.cohort, 1)::integer, 1) || '季度' as cohort_label,
    '截至 ' || known.known_at as window_text
from cells
cross join (from dashboards.main.build_info) as known
