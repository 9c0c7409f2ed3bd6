with

final as (
    select *
    from {{ ref('periods') }}
)

select * from final
