with

relief_rows as (
    select * from {{ ref('int_relief_rows') }}
),

covered_days as (
    select * from {{ ref('fct_covered_days') }}
),

final as (
    select
        relief_rows.agency,
        relief_rows.payment_no,
        relief_rows.grant_no,
        relief_rows.person_key,
        relief_rows.relief_type,
        relief_rows.paid_on,
        relief_rows.amount_yuan,
        covered_days.township_code
    from relief_rows
    left join covered_days
        on
            relief_rows.person_key = covered_days.person_key
            and relief_rows.paid_on >= covered_days.valid_from
            and relief_rows.paid_on < covered_days.valid_to
    where relief_rows.paid_on is not null
)

select * from final
