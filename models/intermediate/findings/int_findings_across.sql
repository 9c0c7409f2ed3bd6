with

found as (
    {{ union_models(var('finding_models')) }}
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
