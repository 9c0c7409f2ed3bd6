with

periods as (
    select * from {{ ref('periods') }}
),

dual_days as (
    select * from {{ ref('fct_dual_days') }}
),

visit_days as (
    select * from {{ ref('fct_visit_days') }}
),

persons as (
    select * from {{ ref('dim_person') }}
),

townships as (
    select * from {{ ref('dim_township') }}
),

today as (
    select max(as_of) as as_of
    from periods
),

final as (
    select
        persons.masked_name,
        dual_days.register_no,
        townships.township_code,
        townships.township_name,
        dual_days.dual_direction,
        dual_days.counterpart_district,
        dual_days.counterpart_office,
        dual_days.dual_from,
        visit_days.last_visited_on,
        visit_days.colour,
        today.as_of,
        coalesce(dual_days.counterpart_ack_on <= today.as_of, false) as is_acknowledged,
        today.as_of >= dual_days.one_sided_from
        and coalesce(dual_days.counterpart_ack_on > today.as_of, true) as is_one_sided,
        case
            when visit_days.overdue_from is not null
                then greatest(today.as_of - visit_days.overdue_from + 1, 0)
        end as days_overdue
    from today
    inner join dual_days
        on
            today.as_of >= dual_days.valid_from
            and today.as_of < dual_days.valid_to
    inner join visit_days
        on
            dual_days.person_key = visit_days.person_key
            and today.as_of >= visit_days.valid_from
            and today.as_of < visit_days.valid_to
    inner join persons on dual_days.person_key = persons.person_key
    inner join townships on dual_days.township_code = townships.township_code
    order by dual_days.register_no
)

select * from final
