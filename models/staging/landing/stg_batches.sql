with

batches as (
    select * from {{ source('landing', 'batches') }}
),

findings as (
    select * from {{ source('landing', 'findings') }}
),

-- rows that are set aside from a later day on are still accepted
set_aside_later as (
    select
        batch_id,
        count(distinct row_no) as row_count
    from findings
    where found_on > {{ known_at() }}
    group by batch_id
),

delivered as (
    select
        batches.* exclude (rows_accepted, rows_quarantined),
        batches.agency || '.' || batches.feed as feed_id,
        batches.rows_accepted + coalesce(set_aside_later.row_count, 0) as rows_accepted,
        batches.rows_quarantined - coalesce(set_aside_later.row_count, 0) as rows_quarantined
    from batches
    left join set_aside_later on batches.batch_id = set_aside_later.batch_id
    where
        batches.delivered_on <= {{ known_at() }}
        and batches.is_checked
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
