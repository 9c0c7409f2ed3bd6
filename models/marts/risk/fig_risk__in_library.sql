with

periods as (
    select * from {{ ref('periods') }}
),

library_days as (
    select *
    from {{ ref('fct_risk_days') }}
    where in_library
),

changes as (
    {{ changes_of('library_days', ['township_code']) }}
),

standing as (
    {{ standing_at('changes') }}
),

final as (
    {{ figure_cells('standing', 'risk.in_library', 'persons') }}
)

select * from final
