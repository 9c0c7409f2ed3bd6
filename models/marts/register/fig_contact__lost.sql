with

periods as (
    select * from {{ ref('periods') }}
),

lost_days as (
    select * from {{ ref('fct_lost_days') }}
),

changes as (
    {{ changes_of('lost_days', ['township_code']) }}
),

standing as (
    {{ standing_at('changes') }}
),

final as (
    {{ figure_cells('standing', 'contact.lost', 'persons') }}
)

select * from final
