with

returns as (
    select * from {{ ref('official_returns') }}
),

-- the quarter that ended last
different as (
    select distinct
        batch_id,
        row_no,
        delivered_on,
        strftime(quarter, '%Y-%m') as row_key
    from returns
    where
        quarter = date_trunc('quarter', {{ known_at() }} + 1) - interval 3 month
        and limit_passed != 'none'
),

final as (
    {{ finding('W50', "'city.benchmarks'", 'different', 'row_key', since='delivered_on') }}
)

select * from final
