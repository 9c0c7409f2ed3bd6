with

life as (
    select * from {{ ref('fct_finding_life') }}
),

spanned as (
    select
        feed,
        unnest(generate_series(
            date_trunc('month', min(opened_on)), date_trunc('month', {{ known_at() }}), interval 1 month
        ))::date as month_on
    from life
    group by feed
),

opened as (
    select
        feed,
        date_trunc('month', opened_on)::date as month_on,
        count(*) as findings
    from life
    group by all
),

closed as (
    select
        feed,
        date_trunc('month', closed_on)::date as month_on,
        count(*) as findings,
        count(*) filter (where state = 'mended') as mended
    from life
    where closed_on is not null
    group by all
),

by_month as (
    select
        spanned.feed,
        spanned.month_on,
        coalesce(opened.findings, 0) as findings_opened,
        coalesce(closed.mended, 0) as findings_mended,
        coalesce(closed.findings, 0) as findings_closed
    from spanned
    left join opened
        on
            spanned.feed is not distinct from opened.feed
            and spanned.month_on = opened.month_on
    left join closed
        on
            spanned.feed is not distinct from closed.feed
            and spanned.month_on = closed.month_on
),

final as (
    select
        feed,
        month_on,
        findings_opened,
        findings_mended,
        (sum(findings_opened - findings_closed) over months_before)::bigint as findings_open
    from by_month
    window months_before as (partition by feed order by month_on)
)

select * from final
