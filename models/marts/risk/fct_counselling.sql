with

visits as (
    select * from {{ ref('fct_visits') }}
),

counselling as (
    select *
    from ({{ linked_rows('health.counselling') }}) as linked
    where person_key is not null
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
        counselling.person_key,
        counselling.counselled_on,
        covered_days.township_code
    from counselling
    left join covered_days
        on
            counselling.person_key = covered_days.person_key
            and counselling.counselled_on >= covered_days.valid_from
            and counselling.counselled_on < covered_days.valid_to
)

select * from final
