with

reach as (
    select * from {{ ref('fct_register_reach') }}
),

-- covered on a day: the window of that day alone
covered_days as (
    select
        person_key,
        register_no,
        township_code,
        greatest(ends_from, starts_from) as valid_from,
        least(ends_before, starts_to + 1) as valid_to
    from reach
),

final as (
    select *
    from covered_days
    where valid_from < valid_to
)

select * from final
