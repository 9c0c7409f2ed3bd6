with

batches as (
    select * from {{ ref('stg_batches') }}
),

findings as (
    select * from {{ ref('stg_findings') }}
),

feed_rows as (
    {{ rows_of_feeds() }}
),

gone_keys as (
    select * from {{ source('landing', 'gone_keys') }}
),

-- where a key that is not shown was last
places as (
    select
        gone_keys.batch_id,
        gone_keys.key,
        earlier.file_name,
        earlier.sheets,
        feed_rows.row_no
    from gone_keys
    inner join batches on gone_keys.batch_id = batches.batch_id
    inner join feed_rows
        on
            batches.feed = feed_rows.feed
            and gone_keys.key = feed_rows.row_key
    inner join batches as earlier
        on
            feed_rows.batch_id = earlier.batch_id
            and batches.delivery_order > earlier.delivery_order
    where feed_rows.feed in ({{ id_keyed_feeds() }})
    qualify row_number() over (
        partition by gone_keys.batch_id, gone_keys.key
        order by earlier.delivery_order desc, feed_rows.row_no desc
    ) = 1
),

-- of rows and of whole files; W12 speaks of a key that no row has, and its own table knows it
of_batches as (
    select
        batches.feed,
        findings.rule as rule_id,
        findings.column_name,
        feed_rows.row_key,
        {{ shown_key(
            'findings.key', 'null', 'batches.file_name', 'findings.row_no', 'batches.sheets'
        ) }} as shown_key,
        findings.message as message_zh,
        findings.batch_id,
        findings.row_no
    from findings
    inner join batches on findings.batch_id = batches.batch_id
    left join feed_rows
        on
            findings.batch_id = feed_rows.batch_id
            and findings.row_no = feed_rows.row_no
    where findings.rule != 'W12'
    union all
    select
        batches.feed,
        'W12' as rule_id,
        null as column_name,
        gone_keys.key as row_key,
        {{ shown_key(
            'gone_keys.key', 'batches.feed', 'places.file_name', 'places.row_no', 'places.sheets'
        ) }} as shown_key,
        rules.message_zh,
        gone_keys.batch_id,
        null as row_no
    from gone_keys
    inner join batches on gone_keys.batch_id = batches.batch_id
    left join places
        on
            gone_keys.batch_id = places.batch_id
            and gone_keys.key = places.key
    inner join {{ ref('rules') }} as rules on rules.rule = 'W12'
),

final as (
    select
        of_batches.feed,
        of_batches.rule_id,
        of_batches.row_key,
        of_batches.column_name,
        of_batches.shown_key,
        of_batches.message_zh,
        of_batches.batch_id,
        of_batches.row_no,
        batches.feed_sequence,
        batches.delivery_order
    from of_batches
    inner join batches on of_batches.batch_id = batches.batch_id
)

select * from final
