with

batches as (
    select * from {{ ref('stg_batches') }}
),

repeats as (
    select * from {{ source('landing', 'repeats') }}
),

final as (
    select
        feed,
        batch_id,
        file_name,
        delivered_on,
        false as is_repeat,
        rows_read,
        rows_accepted,
        rows_quarantined,
        rows_skipped
    from batches
    union all
    select
        agency || '.' || feed as feed,
        batch_id,
        parse_filename(path) as file_name,
        delivered_on,
        true as is_repeat,
        0 as rows_read,
        0 as rows_accepted,
        0 as rows_quarantined,
        0 as rows_skipped
    from repeats
    where delivered_on <= {{ known_at() }}
)

select * from final
