with

final as (
    select
        life.finding_id,
        life.rule,
        rules.severity,
        life.agency,
        life.feed,
        life.file_name,
        life.delivered_on,
        life.sheet,
        life.row_no,
        life.row_key,
        life.column_name,
        life.message,
        rules.action,
        rules.action_zh,
        rules.owner,
        life.opened_on,
        life.times_opened,
        life.days_open
    from {{ ref('fct_finding_life') }} as life
    inner join {{ ref('rules') }} as rules on life.rule = rules.rule
    where life.state = 'open'
)

select * from final
