with

periods as (
    select * from {{ ref('periods') }}
),

library_days as (
    select *
    from {{ ref('fct_risk_days') }}
    where in_library
),

at_close as (
    select
        periods.period_id,
        library_days.person_key,
        library_days.township_code
    from periods
    inner join library_days
        on
            periods.ends_on >= library_days.valid_from
            and periods.ends_on < library_days.valid_to
),

at_opening as (
    select
        periods.period_id,
        library_days.person_key,
        library_days.township_code
    from periods
    inner join library_days
        on
            periods.starts_on > library_days.valid_from
            and periods.starts_on <= library_days.valid_to
),

moves as (
    select
        coalesce(at_close.period_id, at_opening.period_id) as period_id,
        coalesce(at_close.township_code, at_opening.township_code) as township_code,
        at_opening.person_key is null as has_entered
    from at_close
    full outer join at_opening
        on
            at_close.period_id = at_opening.period_id
            and at_close.person_key = at_opening.person_key
    where
        at_close.person_key is null
        or at_opening.person_key is null
),

counted as (
    select
        period_id,
        township_code,
        count(*) filter (where has_entered) as entered,
        count(*) filter (where not has_entered) as left_again
    from moves
    group by grouping sets ((period_id), (period_id, township_code))
),

final as (
    {{ figure_cells('counted', 'risk.entered', 'entered') }}
    union all
    {{ figure_cells('counted', 'risk.left', 'left_again') }}
)

select * from final
