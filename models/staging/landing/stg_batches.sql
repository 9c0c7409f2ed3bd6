with

batches as (
    select * from {{ source('landing', 'batches') }}
),

delivered as (
    select
        *,
        agency || '.' || feed as feed_id
    from batches
    where
        delivered_on <= {{ known_at() }}
        and is_checked
),

final as (
    select
        batch_id,
        feed_id as feed,
        agency,
        file_name,
        path,
        sha256,
        delivered_on,
        delivery_no,
        landed_on,
        rows_read,
        rows_accepted,
        rows_quarantined,
        rows_skipped,
        coalesce(sheets, if(sheet is null, null, [sheet])) as sheets,
        row_number() over (order by delivered_on, delivery_no, is_copy, path, batch_id) as delivery_order,
        row_number() over (
            partition by feed_id
            order by delivered_on, delivery_no, is_copy, path, batch_id
        ) as feed_sequence
    from delivered
)

select * from final
