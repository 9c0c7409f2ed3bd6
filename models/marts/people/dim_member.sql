{%- set fixed = {
    'outcome': ['read', 'accepted', 'quarantined', 'skipped'],
    'severity': ['block', 'quarantine', 'warn', 'info'],
    'colour': ['未赋色'],
    'close_reason': ['未填'],
    'dual_direction': ['未填'],
} -%}
with

listed as (
    {%- for list in ['relief_type', 'colour', 'close_reason', 'dual_direction'] %}
        select
            '{{ list }}' as dimension,
            name as member,
            code as listed_as
        from {{ ref(list) }}
        {%- if list == 'close_reason' %}
        -- 5 错列: listed by mistake
            where code != '5'
        {%- endif %}
        union all
    {%- endfor %}
    {%- for dimension, members in fixed.items() %}
        {%- for member in members %}
            select
                '{{ dimension }}' as dimension,
                '{{ member }}' as member,
                '~{{ loop.index }}' as listed_as
            union all
        {%- endfor %}
    {%- endfor %}
    {%- for feed in var('person_feeds') %}
        select
            'person_feed' as dimension,
            '{{ feed.id }}' as member,
            '{{ feed.id }}' as listed_as
        union all
    {%- endfor %}
    select distinct
        'feed' as dimension,
        feed as member,
        feed as listed_as
    from ({{ feed_names() }}) as feeds
    where feed != ''
),

final as (
    select
        dimension,
        member,
        row_number() over (partition by dimension order by listed_as, member)::integer as sort_order
    from listed
)

select * from final
