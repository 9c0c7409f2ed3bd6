{{ config(tags=['gate']) }}
-- G2: the townships add up to the district, but in figures whose yml says that their townships overlap
with

figures as (
    select *
    from {{ ref('figures') }}
    where figure_id not in ({{ overlapping_figures() }})
),

by_township as (
    select distinct
        figure_id,
        dimension
    from figures
    where township_code is not null
),

sums as (
    select
        figures.figure_id,
        figures.period_id,
        figures.dimension,
        figures.member,
        -- the district less its townships
        sum(case when figures.township_code is null then figures.numerator else -figures.numerator end)
            as numerator_left,
        sum(case when figures.township_code is null then figures.denominator else -figures.denominator end)
            as denominator_left
    from figures
    inner join by_township
        on
            figures.figure_id = by_township.figure_id
            and figures.dimension is not distinct from by_township.dimension
    group by
        figures.figure_id,
        figures.period_id,
        figures.dimension,
        figures.member
),

broken as (
    select *
    from sums
    where
        numerator_left != 0
        or denominator_left != 0
)

select * from broken
