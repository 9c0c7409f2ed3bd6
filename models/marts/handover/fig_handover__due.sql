with

periods as (
    select * from {{ ref('periods') }}
),

releases as (
    select * from {{ ref('fct_releases') }}
),

due as (
    select
        periods.period_id,
        releases.township_code,
        releases.assessed_level,
        releases.handed_over_on,
        releases.handover_due_on,
        releases.handover_mode,
        releases.is_key_spell,
        coalesce(releases.handed_over_on <= periods.as_of, false) as is_done
    from periods
    inner join releases on releases.released_on between periods.starts_on and periods.ends_on
    where releases.is_due
),

judged as (
    select
        *,
        is_done and handed_over_on <= handover_due_on as is_on_time,
        -- 01 重点
        coalesce(assessed_level = '01', false) or (is_done and is_key_spell) as is_key,
        -- 06 自返
        is_done and coalesce(handover_mode != '06', false) as is_escorted
    from due
),

counted as (
    select
        period_id,
        township_code,
        grouping(township_code) = 1 as is_whole,
        count(*) as due,
        count(*) filter (where is_done) as done,
        count(*) filter (where is_on_time) as on_time,
        count(*) filter (where is_key) as key_due,
        count(*) filter (where is_key and is_escorted) as key_escorted
    from judged
    group by grouping sets ((period_id), (period_id, township_code))
),

-- a release of which no township is known counts in the district alone
cells as (
    select *
    from counted
    where
        is_whole
        or township_code is not null
),

final as (
    {{ figure_cells('cells', 'handover.due', 'due') }}
    union all
    {{ figure_cells('cells', 'handover.done', 'done') }}
    union all
    {{ figure_cells('cells', 'handover.on_time', 'on_time') }}
    union all
    {{ figure_cells('cells', 'handover.rate', 'done', denominator='due') }}
    union all
    {{ figure_cells('cells', 'handover.key_due', 'key_due') }}
    union all
    {{ figure_cells('cells', 'handover.key_escorted', 'key_escorted') }}
    union all
    {{ figure_cells('cells', 'handover.key_rate', 'key_escorted', denominator='key_due') }}
)

select * from final
