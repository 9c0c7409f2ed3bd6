with

relief_rows as (
    select * from {{ ref('int_relief_rows') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

grants as (
    select
        agency,
        grant_no,
        first(relief_type order by granted_on, payment_no) as relief_type,
        min(granted_on) as granted_on,
        first(person_key order by granted_on, payment_no) filter (where person_key is not null) as person_key
    from relief_rows
    group by agency, grant_no
),

final as (
    select
        grants.agency,
        grants.grant_no,
        grants.person_key,
        grants.relief_type,
        grants.granted_on,
        covered_days.township_code
    from grants
    left join covered_days
        on
            grants.person_key = covered_days.person_key
            and grants.granted_on >= covered_days.valid_from
            and grants.granted_on < covered_days.valid_to
)

select * from final
