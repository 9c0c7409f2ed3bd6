with

deliveries as (
    select distinct
        feed,
        delivered_on
    from {{ ref('fct_deliveries') }}
),

rhythms as (
    select * from {{ ref('rhythm_days') }}
),

feeds as (
    select
        members.member as feed,
        coalesce(own.rhythm_days, usual.rhythm_days) as rhythm_days
    from {{ ref('dim_member') }} as members
    inner join rhythms as usual on usual.feed = 'default'
    left join rhythms as own on members.member = own.feed
    where members.dimension = 'feed'
),

-- a feed that was never delivered is waited for since anything was
awaited as (
    select * from deliveries
    union all
    select
        feeds.feed,
        (select min(all_feeds.delivered_on) from deliveries as all_feeds) as delivered_on
    from feeds
    where feeds.feed not in (select delivered.feed from deliveries as delivered)
),

gaps as (
    select
        awaited.feed,
        feeds.rhythm_days,
        awaited.delivered_on as gap_from,
        lead(awaited.delivered_on) over (
            partition by awaited.feed
            order by awaited.delivered_on
        ) as gap_to
    from awaited
    inner join feeds on awaited.feed = feeds.feed
    where awaited.delivered_on is not null
),

closed_gaps as (
    select
        *,
        coalesce(gap_to, {{ known_at() }}) as gap_end
    from gaps
),

-- 35 days are a delivery a month and some days of grace, 100 one a quarter; short rhythms go by days
turns as (
    select
        *,
        unnest(range(1, 2 + (gap_end - gap_from) // greatest(rhythm_days, 1)))::integer as turn
    from closed_gaps
    where gap_end - gap_from > rhythm_days
),

expected as (
    select
        *,
        case
            when rhythm_days < 28 then gap_from + (turn * greatest(rhythm_days, 1))::integer
            else {{ add_months('gap_from', '(turn * (greatest(rhythm_days, 30) // 30))::integer') }}
        end as expected_on
    from turns
),

due as (
    select
        *,
        gap_from + (rhythm_days + expected_on - min(expected_on) over same_gap)::integer as last_day,
        lead(expected_on) over (same_gap order by turn) as expected_next_on
    from expected
    window same_gap as (partition by feed, gap_from)
),

final as (
    select
        feed,
        expected_on,
        last_day,
        date_trunc('month', expected_on)::date as expected_month,
        -- a delivery after its last day and before the next was expected is this one, late
        case when gap_to < coalesce(expected_next_on, date '9999-12-31') then gap_to end as delivered_on,
        (gap_end - last_day)::integer as days_late,
        gap_to is null as is_awaited
    from due
    where last_day < gap_end
)

select * from final
