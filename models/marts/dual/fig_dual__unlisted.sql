with

periods as (
    select * from {{ ref('periods') }}
),

unlisted_days as (
    select * from {{ ref('fct_unlisted_days') }}
),

changes as (
    {{ changes_of('unlisted_days', ['township_code']) }}
),

standing as (
    {{ standing_at('changes') }}
),

final as (
    {{ figure_cells('standing', 'dual.unlisted', 'persons') }}
)

select * from final
