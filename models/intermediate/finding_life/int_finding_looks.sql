with

batches as (
    select * from {{ ref('stg_batches') }}
),

feed_rows as (
    {{ rows_of_feeds() }}
),

keys as (
    select
        feed,
        row_key
    from {{ ref('int_finding_sightings') }}
    where row_key is not null
    union all
    select
        feed,
        row_key
    from {{ ref('int_findings_across') }}
    where row_key is not null
    union all
    -- of rules across feeds, found earlier: gone now, perhaps by a delivery of the row
    select
        feed,
        row_key
    from {{ source('ledger', 'changes') }}
    where
        known_at < {{ known_at() }}
        and is_open
        and row_key is not null
),

final as (
    select
        feed_rows.feed,
        feed_rows.row_key,
        feed_rows.batch_id,
        batches.delivery_order,
        batches.delivered_on
    from feed_rows
    inner join batches on feed_rows.batch_id = batches.batch_id
    semi join keys
        on
            feed_rows.feed = keys.feed
            and feed_rows.row_key = keys.row_key
)

select * from final
