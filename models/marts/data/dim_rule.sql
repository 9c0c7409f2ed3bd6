with

rules as (
    select * from {{ ref('rules') }}
),

meanings as (
    select * from {{ ref('rule_meanings') }}
),

final as (
    select
        rules.rule,
        rules.severity,
        rules.action_zh,
        rules.owner,
        meanings.meaning_zh,
        meanings.mend_zh,
        meanings.is_casework,
        regexp_replace(rules.message_zh, '：[{].*', '') as message_zh
    from rules
    inner join meanings on rules.rule = meanings.rule
)

select * from final
