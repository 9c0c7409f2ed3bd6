with

periods as (
    select * from {{ ref('periods') }}
),

one_sided_days as (
    select
        township_code,
        greatest(valid_from, one_sided_from) as valid_from,
        least(valid_to, coalesce(counterpart_ack_on, valid_to)) as valid_to
    from {{ ref('fct_dual_days') }}
),

lasting as (
    select *
    from one_sided_days
    where valid_from < valid_to
),

changes as (
    {{ changes_of('lasting', ['township_code']) }}
),

standing as (
    {{ standing_at('changes') }}
),

final as (
    {{ figure_cells('standing', 'dual.one_sided', 'persons') }}
)

select * from final
