with

periods as (
    select * from {{ ref('periods') }}
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

employed_days as (
    select *
    from {{ ref('fct_employment_days') }}
    where is_employed
),

changes as (
    {{ changes_of('register_days', ['township_code'], counts_as='on_register') }}
    union all by name
    {{ changes_of('employed_days', ['township_code'], counts_as='employed') }}
),

standing as (
    {{ standing_at('changes', counts=['on_register', 'employed']) }}
),

final as (
    {{ figure_cells('standing', 'employment.employed', 'employed') }}
    union all
    {{ figure_cells('standing', 'employment.rate', 'employed', denominator='on_register') }}
)

select * from final
