with

open_now as (
    select * from {{ ref('int_across_now') }}
),

looks as (
    select * from {{ ref('int_finding_looks') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

-- a rule that is switched off stays as it was left
open_before as (
    select
        changes.*,
        rules.period
    from {{ source('ledger', 'changes') }} as changes
    inner join {{ ref('rules') }} as rules on changes.rule_id = rules.rule
    where
        changes.known_at < {{ known_at() }}
        and rules.severity != 'off'
    qualify
        row_number() over (
            partition by changes.feed, changes.rule_id, changes.row_key, changes.column_name
            order by changes.known_at desc
        ) = 1
        and changes.is_open
),

judged_before as (
    select max(known_at) as known_at
    from {{ source('ledger', 'days') }}
    where known_at < {{ known_at() }}
),

gone as (
    select open_before.*
    from open_before
    anti join open_now on {{ same_finding('open_before', 'open_now') }}
),

newest_looks as (
    select
        looks.feed,
        looks.row_key,
        arg_max(batches.file_name, looks.delivery_order) as file_name,
        max(looks.delivered_on) as delivered_on
    from looks
    inner join batches on looks.batch_id = batches.batch_id
    semi join gone
        on
            looks.feed = gone.feed
            and looks.row_key = gone.row_key
    group by looks.feed, looks.row_key
    union all
    -- of a feed that was late (W51), any file
    select
        feed,
        null as row_key,
        arg_max(file_name, delivery_order) as file_name,
        max(delivered_on) as delivered_on
    from batches
    group by feed
),

opened as (
    select open_now.*
    from open_now
    anti join open_before on {{ same_finding('open_now', 'open_before') }}
),

-- gone with a delivery of its row: mended by that; of a month or quarter no longer judged: not mended at all
closed as (
    select
        gone.*,
        judged_before.known_at as judged_before,
        newest_looks.delivered_on > judged_before.known_at as is_by_its_row,
        newest_looks.file_name as newest_file_name,
        newest_looks.delivered_on as newest_delivered_on,
        coalesce(
            date_trunc(gone.period, judged_before.known_at + 1)
            = date_trunc(gone.period, {{ known_at() }} + 1),
            true
        ) as is_mended_now
    from gone
    cross join judged_before
    left join newest_looks
        on
            gone.feed = newest_looks.feed
            and gone.row_key is not distinct from newest_looks.row_key
),

final as (
    select
        {{ known_at() }} as known_at,
        feed,
        rule_id,
        row_key,
        column_name,
        message_zh,
        true as is_open,
        opened_on as changed_on,
        false as is_mended,
        file_name,
        delivered_on,
        row_no
    from opened
    union all
    select
        {{ known_at() }} as known_at,
        feed,
        rule_id,
        row_key,
        column_name,
        message_zh,
        false as is_open,
        case when is_by_its_row then newest_delivered_on else {{ known_at() }} end as changed_on,
        is_mended_now as is_mended,
        case when is_by_its_row and is_mended_now then newest_file_name end as file_name,
        null as delivered_on,
        null as row_no
    from closed
)

select * from final
