with

across as (
    select * from {{ ref('int_findings_across') }}
),

looks as (
    select * from {{ ref('int_finding_looks') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

rules as (
    select * from {{ ref('rules') }}
),

judged_before as (
    select max(known_at) as known_at
    from {{ source('ledger', 'days') }}
    where known_at < {{ known_at() }}
),

first_looks as (
    select
        feed,
        row_key,
        min(delivered_on) as delivered_on
    from looks
    group by feed, row_key
),

final as (
    select
        across.feed,
        across.rule_id,
        across.row_key,
        across.column_name,
        rules.message_zh,
        batches.file_name,
        batches.delivered_on,
        across.row_no,
        -- not before its row came, nor before the day as of which it was not there yet
        least(
            coalesce(
                greatest(across.since_on, first_looks.delivered_on, judged_before.known_at + 1),
                {{ known_at() }}
            ),
            {{ known_at() }}
        ) as opened_on
    from across
    cross join judged_before
    inner join rules on across.rule_id = rules.rule
    left join batches on across.batch_id = batches.batch_id
    left join first_looks
        on
            across.feed = first_looks.feed
            and across.row_key = first_looks.row_key
    qualify row_number() over (
        partition by across.feed, across.rule_id, across.row_key, across.column_name
        order by batches.delivery_order desc, across.row_no desc
    ) = 1
)

select * from final
