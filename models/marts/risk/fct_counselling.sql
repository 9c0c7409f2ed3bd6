with

visits as (
    select * from {{ ref('fct_visits') }}
),

counselling as (
    select * from {{ ref('stg_health__counselling') }}
),

links as (
    select * from {{ ref('int_person_links') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        'justice.visits' as feed,
        visit_no as session_no,
        person_key,
        visited_on as counselled_on,
        township_code
    from visits
    where is_counselled
    union all
    select
        'health.counselling' as feed,
        counselling.record_no as session_no,
        links.person_key,
        counselling.counselled_on,
        covered_days.township_code
    from counselling
    inner join links
        on
            links.feed = 'health.counselling'
            and counselling.record_no = links.row_key
            and links.is_linked
    left join covered_days
        on
            links.person_key = covered_days.person_key
            and counselling.counselled_on >= covered_days.valid_from
            and counselling.counselled_on < covered_days.valid_to
)

select * from final
