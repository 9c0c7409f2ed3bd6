with

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

rhythms as (
    select * from {{ ref('rhythm_days') }}
),

feeds as (
    select member as feed
    from {{ ref('dim_member') }}
    where dimension = 'feed'
),

newest as (
    select
        feed,
        max(delivered_on) as delivered_on
    from deliveries
    group by feed
),

-- a feed that was never delivered is late too
late as (
    select
        feeds.feed,
        null::integer as batch_id,
        null::integer as row_no,
        null::varchar as row_key,
        newest.delivered_on + coalesce(own.rhythm_days, usual.rhythm_days) + 1 as late_from
    from feeds
    inner join rhythms as usual on usual.feed = 'default'
    left join rhythms as own on feeds.feed = own.feed
    left join newest on feeds.feed = newest.feed
    where
        newest.delivered_on is null
        or {{ known_at() }} - newest.delivered_on > coalesce(own.rhythm_days, usual.rhythm_days)
),

final as (
    {{ finding('W51', 'feed', 'late', 'row_key', since='late_from') }}
)

select * from final
