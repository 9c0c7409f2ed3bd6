with

life as (
    select * from {{ ref('fct_finding_life') }}
),

rules as (
    select * from {{ ref('rules') }}
),

final as (
    select
        life.agency,
        life.feed,
        life.rule,
        life.severity,
        rules.action,
        rules.owner,
        date_trunc('month', life.opened_on)::date as opened_month,
        count(*) as findings,
        count(*) filter (where life.state = 'open') as findings_open,
        count(*) filter (where life.state = 'mended') as findings_mended,
        count(*) filter (where life.state = 'lapsed') as findings_lapsed,
        count(*) filter (where life.times_opened > 1) as findings_reopened,
        coalesce(sum(life.days_open) filter (where life.state = 'mended'), 0)::bigint as days_to_mend,
        count(*) filter (where life.state = 'mended' and life.days_open <= 31) as mended_within_31_days,
        min(life.opened_on) filter (where life.state = 'open') as oldest_open_on
    from life
    inner join rules on life.rule = rules.rule
    group by all
)

select * from final
