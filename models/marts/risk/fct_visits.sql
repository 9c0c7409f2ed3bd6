with

visits as (
    select *
    from ({{ linked_rows('justice.visits') }}) as linked
    where person_key is not null
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        visits.visit_no,
        visits.person_key,
        visits.register_no,
        visits.visited_on,
        covered_days.township_code,
        coalesce(visits.counselled, false) as is_counselled
    from visits
    left join covered_days
        on
            visits.person_key = covered_days.person_key
            and visits.visited_on >= covered_days.valid_from
            and visits.visited_on < covered_days.valid_to
)

select * from final
