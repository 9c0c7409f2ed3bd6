with

townships as (
    select * from {{ ref('dim_township') }}
),

final as (
    -- the whole district first: an account of one township does not see it and starts with its own
    select
        null::varchar as township_code,
        '全区' as township_name,
        0::integer as sort_order
    union all
    select
        township_code,
        township_name,
        row_number() over (order by township_code)::integer as sort_order
    from townships
)

select * from final
