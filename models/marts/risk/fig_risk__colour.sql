with

periods as (
    select * from {{ ref('periods') }}
),

risk_days as (
    select * from {{ ref('fct_risk_days') }}
),

changes as (
    {{ changes_of('risk_days', ['township_code', 'colour']) }}
),

standing as (
    {{ standing_at('changes', cuts=[[], ['township_code'], ['colour'], ['township_code', 'colour']]) }}
),

final as (
    {{ figure_cells('standing', 'risk.colour', 'persons', dimension='colour') }}
)

select * from final
