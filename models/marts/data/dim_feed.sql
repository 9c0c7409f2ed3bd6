with

named as (
    {%- for feed in var('all_feeds') %}
        select
            '{{ feed.id }}' as feed,
            '{{ feed.agency }}' as agency,
            '{{ feed.agency_zh }}' as agency_zh,
            '{{ feed.name_zh }}' as feed_zh,
            {{ 'true' if feed.is_snapshot else 'false' }} as is_snapshot,
            {{ loop.index }}::integer as sort_order
        {{ 'union all' if not loop.last }}
    {%- else %}
        select
            ''::varchar as feed,
            ''::varchar as agency,
            ''::varchar as agency_zh,
            ''::varchar as feed_zh,
            false as is_snapshot,
            0::integer as sort_order
        where false
    {%- endfor %}
),

rhythms as (
    select * from {{ ref('rhythm_days') }}
),

first_deliveries as (
    select
        feed,
        min(delivered_on) as first_delivered_on
    from {{ ref('fct_deliveries') }}
    group by feed
),

final as (
    select
        named.feed,
        named.agency,
        named.agency_zh,
        named.feed_zh,
        named.is_snapshot,
        coalesce(own.rhythm_days, usual.rhythm_days)::integer as rhythm_days,
        named.sort_order,
        first_deliveries.first_delivered_on
    from named
    inner join rhythms as usual on usual.feed = 'default'
    left join rhythms as own on named.feed = own.feed
    left join first_deliveries on named.feed = first_deliveries.feed
)

select * from final
