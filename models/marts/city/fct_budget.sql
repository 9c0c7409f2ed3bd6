with

budget as (
    select * from {{ ref('stg_finance__budget') }}
),

final as (
    select
        year,
        item,
        valid_from,
        valid_to,
        budget_yuan,
        as_of,
        coalesce(spent_yuan, 0) as spent_yuan
    from budget
)

select * from final
