with

periods as (
    select * from {{ ref('periods') }}
),

dual_days as (
    select * from {{ ref('fct_dual_days') }}
),

changes as (
    {{ changes_of('dual_days', ['township_code', 'dual_direction']) }}
),

standing as (
    {{ standing_at('changes', cuts=[
        [], ['township_code'], ['dual_direction'], ['township_code', 'dual_direction']
    ]) }}
),

final as (
    {{ figure_cells('standing', 'dual.listed', 'persons', dimension='dual_direction') }}
)

select * from final
