with

final as (
    select
        process,
        process_zh,
        floor_percent
    from {{ ref('process_floors') }}
)

select * from final
