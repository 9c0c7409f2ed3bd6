with

landed as (
    select * from {{ ref('stg_findings') }}
),

across as (
    select * from {{ ref('int_findings_across') }}
),

rules as (
    select * from {{ ref('rules') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

-- a file refused for its name has no day of delivery
known as (
    select
        landed.rule,
        landed.severity,
        landed.agency,
        landed.agency || '.' || landed.feed as feed,
        landed.file_name,
        landed.delivered_on,
        landed.row_no,
        {{ shown_key(
            'landed.key', 'null', 'landed.file_name', 'landed.row_no', 'batches.sheets'
        ) }} as key,  -- noqa: RF04
        landed.column_name,
        landed.message,
        landed.action,
        landed.batch_id
    from landed
    inner join rules on landed.rule = rules.rule
    left join batches on landed.batch_id = batches.batch_id
    where
        coalesce(landed.delivered_on <= {{ known_at() }}, true)
        and rules.severity != 'off'
),

judged as (
    select
        rules.rule,
        rules.severity,
        split_part(across.feed, '.', 1) as agency,
        across.feed,
        batches.file_name,
        batches.delivered_on,
        across.row_no,
        {{ shown_key(
            'across.row_key', 'across.feed', 'batches.file_name', 'across.row_no', 'batches.sheets'
        ) }} as row_key,
        across.column_name,
        rules.message_zh as message,
        rules.action,
        across.batch_id
    from across
    inner join rules on across.rule_id = rules.rule
    left join batches on across.batch_id = batches.batch_id
),

final as (
    select * from known
    union all
    select * from judged
)

select * from final
