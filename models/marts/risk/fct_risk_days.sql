with

register_days as not materialized (
    select * from {{ ref('fct_register_days') }}
),

spells as not materialized (
    select * from {{ ref('fct_register_spells') }}
),

assessments as (
    {{ linked_rows('justice.risk_assessments') }}
),

colours as (
    select * from {{ ref('colour') }}
),

spell_assessments as (
    select
        spells.person_key,
        spells.closed_on,
        assessments.assessment_no,
        assessments.assessed_on,
        colours.name as colour,
        colours.in_library,
        assessments.plan_on
    from assessments
    inner join spells
        on
            assessments.register_no = spells.register_no
            and assessments.person_key = spells.person_key
    inner join colours on assessments.colour = colours.code
),

-- what counts on the days of one qualifying spell; the row without an assessment stands before all others
eligible as (
    select
        register_days.person_key,
        register_days.valid_from as segment_from,
        spell_assessments.assessment_no,
        spell_assessments.assessed_on,
        spell_assessments.colour,
        spell_assessments.in_library,
        spell_assessments.plan_on
    from register_days
    inner join spells on register_days.register_no = spells.register_no
    inner join spell_assessments
        on
            register_days.person_key = spell_assessments.person_key
            and register_days.valid_to > spell_assessments.assessed_on
            and (spell_assessments.closed_on is null or spells.registered_on <= spell_assessments.closed_on)
    union all
    select
        person_key,
        valid_from as segment_from,
        '' as assessment_no,
        date '0001-01-01' as assessed_on,
        '未赋色' as colour,
        false as in_library,
        null as plan_on
    from register_days
),

in_turn as (
    select
        *,
        lead(assessed_on) over (
            partition by person_key, segment_from
            order by assessed_on, assessment_no
        ) as next_assessed_on
    from eligible
),

final as (
    select
        register_days.person_key,
        register_days.register_no,
        register_days.township_code,
        in_turn.colour,
        in_turn.in_library,
        in_turn.plan_on,
        nullif(in_turn.assessment_no, '') as assessment_no,
        nullif(in_turn.assessed_on, date '0001-01-01') as assessed_on,
        greatest(register_days.valid_from, in_turn.assessed_on) as valid_from,
        least(register_days.valid_to, coalesce(in_turn.next_assessed_on, register_days.valid_to)) as valid_to
    from register_days
    inner join in_turn
        on
            register_days.person_key = in_turn.person_key
            and register_days.valid_from = in_turn.segment_from
    where
        greatest(register_days.valid_from, in_turn.assessed_on)
        < least(register_days.valid_to, coalesce(in_turn.next_assessed_on, register_days.valid_to))
)

select * from final
