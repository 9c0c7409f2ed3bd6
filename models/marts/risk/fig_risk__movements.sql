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

came as (
    select
        at_close.period_id,
        at_close.township_code,
        true as has_entered
    from at_close
    left join at_opening
        on
            at_close.period_id = at_opening.period_id
            and at_close.person_key = at_opening.person_key
    where at_opening.person_key is null
),

went as (
    select
        at_opening.period_id,
        at_opening.township_code,
        false as has_entered
    from at_opening
    left join at_close
        on
            at_opening.period_id = at_close.period_id
            and at_opening.person_key = at_close.person_key
    where at_close.person_key is null
),

moves as (
    select * from came
    union all
    select * from went
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
