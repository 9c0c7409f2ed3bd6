with

found as (
    {{ union_models([
        'int_findings__identity', 'int_findings__releases', 'int_findings__register', 'int_findings__on_register',
        'int_findings__offences', 'int_findings__contacts', 'int_findings__relief', 'int_findings__work',
        'int_findings__unlinked', 'int_findings__city', 'int_findings__late',
    ]) }}
),

rules as (
    select * from {{ ref('rules') }}
),

final as (
    select
        found.rule_id,
        found.feed,
        found.batch_id,
        found.row_no,
        found.column_name,
        found.row_key,
        found.since_on
    from found
    inner join rules on found.rule_id = rules.rule
    where rules.severity != 'off'
)

select * from final
