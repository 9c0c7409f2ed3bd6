with

final as (
    select horizon_days
    from {{ ref('horizons') }}
)

select * from final
