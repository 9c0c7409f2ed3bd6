with

periods as (
    select * from {{ ref('periods') }}
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

up_to_date_days as (
    select
        township_code,
        valid_from,
        least(valid_to, overdue_from) as valid_to
    from {{ ref('fct_visit_days') }}
    where valid_from < overdue_from
),

changes as (
    {{ changes_of('register_days', ['township_code'], counts_as='on_register') }}
    union all by name
    {{ changes_of('up_to_date_days', ['township_code'], counts_as='up_to_date') }}
),

standing as (
    {{ standing_at('changes', counts=['on_register', 'up_to_date']) }}
),

final as (
    {{ figure_cells('standing', 'visits.up_to_date', 'up_to_date') }}
    union all
    {{ figure_cells('standing', 'visits.rate', 'up_to_date', denominator='on_register') }}
)

select * from final
