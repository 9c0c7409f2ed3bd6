with

periods as (
    select * from {{ ref('periods') }}
),

term_days as (
    select * from {{ ref('fct_term_days') }}
),

past_days as (
    select
        township_code,
        valid_to,
        greatest(valid_from, term_ends_on + 1) as valid_from
    from term_days
    where term_ends_on + 1 < valid_to
),

expiring_days as (
    select
        township_code,
        greatest(valid_from, term_ends_on - 90) as valid_from,
        least(valid_to, term_ends_on + 1) as valid_to
    from term_days
    where
        valid_from <= term_ends_on
        and valid_to > term_ends_on - 90
),

changes as (
    {{ changes_of('past_days', ['township_code'], counts_as='past') }}
    union all by name
    {{ changes_of('expiring_days', ['township_code'], counts_as='expiring') }}
),

standing as (
    {{ standing_at('changes', counts=['past', 'expiring']) }}
),

final as (
    {{ figure_cells('standing', 'register.past_term', 'past') }}
    union all
    {{ figure_cells('standing', 'register.expiring_90', 'expiring') }}
)

select * from final
