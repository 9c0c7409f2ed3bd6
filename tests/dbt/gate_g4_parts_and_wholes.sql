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

broken as (
    select
        pairs.part_id,
        parts.period_id,
        parts.township_code,
        parts.dimension,
        parts.member,
        parts.numerator as part,
        wholes.numerator as whole
    from pairs
    inner join figures as parts on pairs.part_id = parts.figure_id
    left join figures as wholes
        on
            pairs.whole_id = wholes.figure_id
            and parts.period_id = wholes.period_id
            and parts.township_code is not distinct from wholes.township_code
            -- dual.listed by direction is judged against everyone on the register
            and (
                parts.member is not distinct from wholes.member
                or (parts.dimension = 'dual_direction' and wholes.member is null)
            )
    where parts.numerator > coalesce(wholes.numerator, 0)
)

select * from broken
