with

sweeps as (
    select * from {{ ref('stg_justice__sweeps') }}
),

final as (
    select
        township as township_code,
        month,
        checked_persons,
        risks_found,
        completed_on,
        coalesce(completed_on <= last_day(month), false) as is_on_time
    from sweeps
)

select * from final
