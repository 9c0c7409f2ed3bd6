with

periods as (
    select * from {{ ref('periods') }}
),

red_days as (
    select *
    from {{ ref('fct_risk_days') }}
    where colour = '红'
),

planned_days as (
    select
        township_code,
        valid_to,
        greatest(valid_from, plan_on) as valid_from
    from red_days
    where plan_on < valid_to
),

changes as (
    {{ changes_of('red_days', ['township_code'], counts_as='red') }}
    union all by name
    {{ changes_of('planned_days', ['township_code'], counts_as='planned') }}
),

standing as (
    {{ standing_at('changes', counts=['red', 'planned']) }}
),

final as (
    {{ figure_cells('standing', 'risk.red_with_plan', 'planned', denominator='red') }}
)

select * from final
