with

visits as (
    select * from {{ ref('stg_justice__visits') }}
),

links as (
    select * from {{ ref('int_person_links') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        visits.visit_no,
        links.person_key,
        visits.register_no,
        visits.visited_on,
        covered_days.township_code,
        coalesce(visits.counselled, false) as is_counselled
    from visits
    inner join links
        on
            links.feed = 'justice.visits'
            and visits.visit_no = links.row_key
            and links.is_linked
    left join covered_days
        on
            links.person_key = covered_days.person_key
            and visits.visited_on >= covered_days.valid_from
            and visits.visited_on < covered_days.valid_to
)

select * from final
