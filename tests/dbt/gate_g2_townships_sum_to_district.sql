{{ config(tags=['gate']) }}
-- G2: the townships add up to the district; relief.persons may be helped in two townships
with

figures as (
    select *
    from {{ ref('figures') }}
    where figure_id != 'relief.persons'
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
        coalesce(sum(figures.numerator) filter (where figures.township_code is null), 0) as whole_numerator,
        coalesce(sum(figures.numerator) filter (where figures.township_code is not null), 0) as sum_numerator,
        coalesce(sum(figures.denominator) filter (where figures.township_code is null), 0) as whole_denominator,
        coalesce(sum(figures.denominator) filter (where figures.township_code is not null), 0) as sum_denominator
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
        whole_numerator != sum_numerator
        or whole_denominator != sum_denominator
)

select * from broken
