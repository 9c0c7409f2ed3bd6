with

risk_days as not materialized (
    select * from {{ ref('fct_risk_days') }}
),

visits as (
    select * from {{ ref('fct_visits') }}
),

visit_days as (
    select * from {{ ref('visit_days') }}
),

marks as (
    select
        person_key,
        valid_from as marked_on,
        valid_from as segment_from,
        null as visited_on
    from risk_days
    union all
    select
        person_key,
        visited_on as marked_on,
        null as segment_from,
        visited_on
    from visits
),

daily as (
    select
        person_key,
        marked_on,
        max(segment_from) as segment_from,
        max(visited_on) as visited_on
    from marks
    group by person_key, marked_on
),

-- on each mark: the risk segment and the visit reached last
stretches as (
    select
        person_key,
        marked_on,
        max(segment_from) over so_far as segment_from,
        max(visited_on) over so_far as last_visited_on,
        lead(marked_on) over (partition by person_key order by marked_on) as next_marked_on
    from daily
    window so_far as (
        partition by person_key order by marked_on
        rows between unbounded preceding and current row
    )
),

final as (
    select
        risk_days.person_key,
        risk_days.register_no,
        risk_days.township_code,
        risk_days.assessment_no,
        risk_days.colour,
        stretches.last_visited_on,
        stretches.marked_on as valid_from,
        stretches.last_visited_on + visit_days.visit_days + 1 as overdue_from,
        least(risk_days.valid_to, coalesce(stretches.next_marked_on, risk_days.valid_to)) as valid_to
    from stretches
    inner join risk_days
        on
            stretches.person_key = risk_days.person_key
            and stretches.segment_from = risk_days.valid_from
    inner join visit_days on risk_days.colour = visit_days.colour
    where stretches.marked_on < risk_days.valid_to
)

select * from final
