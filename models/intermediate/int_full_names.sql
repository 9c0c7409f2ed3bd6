with

names as (
    select name from {{ ref('stg_corrections__releases') }}
    union
    select name from {{ ref('stg_justice__register') }}
    union
    select name from {{ ref('int_person_rows') }}
),

final as (
    select *
    from names
    where name is not null
)

select * from final
