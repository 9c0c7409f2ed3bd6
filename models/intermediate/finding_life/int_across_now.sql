with

across as not materialized (
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

twice as (
    select
        feed,
        rule_id,
        row_key,
        column_name
    from across
    group by feed, rule_id, row_key, column_name
    having count(*) > 1
),

newest_of_twice as (
    select across.*
    from across
    semi join twice on {{ same_finding('across', 'twice') }}
    left join batches on across.batch_id = batches.batch_id
    qualify row_number() over (
        partition by across.feed, across.rule_id, across.row_key, across.column_name
        order by batches.delivery_order desc, across.row_no desc
    ) = 1
),

found as (
    select across.*
    from across
    anti join twice on {{ same_finding('across', 'twice') }}
    union all
    select * from newest_of_twice
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
        found.feed,
        found.rule_id,
        found.row_key,
        found.column_name,
        rules.message_zh,
        batches.file_name,
        batches.delivered_on,
        found.row_no,
        -- not before its row came, nor before the day as of which it was not there yet
        least(
            coalesce(
                greatest(found.since_on, first_looks.delivered_on, judged_before.known_at + 1),
                {{ known_at() }}
            ),
            {{ known_at() }}
        ) as opened_on
    from found
    cross join judged_before
    inner join rules on found.rule_id = rules.rule
    left join batches on found.batch_id = batches.batch_id
    left join first_looks
        on
            found.feed = first_looks.feed
            and found.row_key = first_looks.row_key
)

select * from final
