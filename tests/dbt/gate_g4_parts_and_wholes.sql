{{ config(tags=['gate']) }}
-- G4: no part is larger than its whole
with

pairs as (
    select
        listed.part_id,
        listed.whole_id
    from (
        values
        ('recidivism.reoffenders', 'recidivism.at_risk'),
        ('relief.persons', 'relief.grants'),
        ('handover.done', 'handover.due'),
        ('dual.listed', 'register.on_register')
    ) as listed (part_id, whole_id)
),

figures as (
    select * from {{ ref('figures') }}
),

parts as (
    select
        figures.*,
        pairs.whole_id,
        -- dual.listed by direction is judged against everyone on the register
        case when coalesce(figures.dimension, '') != 'dual_direction' then figures.member end as whole_member
    from figures
    inner join pairs on figures.figure_id = pairs.part_id
),

wholes as (
    select figures.*
    from figures
    inner join pairs on figures.figure_id = pairs.whole_id
),

broken as (
    select
        parts.figure_id,
        parts.period_id,
        parts.township_code,
        parts.dimension,
        parts.member,
        parts.numerator as part,
        wholes.numerator as whole
    from parts
    left join wholes
        on
            parts.whole_id = wholes.figure_id
            and parts.period_id = wholes.period_id
            and parts.township_code is not distinct from wholes.township_code
            and parts.whole_member is not distinct from wholes.member
    where parts.numerator > coalesce(wholes.numerator, 0)
)

select * from broken
