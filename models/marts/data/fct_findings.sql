with

landed as (
    select * from {{ source('landing', 'findings') }}
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
        rule,
        severity,
        agency,
        agency || '.' || feed as feed,
        file_name,
        delivered_on,
        row_no,
        key,
        column_name,
        message,
        action,
        batch_id
    from landed
    where coalesce(delivered_on <= {{ known_at() }}, true)
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
        across.row_key,
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
