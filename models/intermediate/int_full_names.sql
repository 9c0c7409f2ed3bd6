{%- set feeds = [
    'corrections__releases',
    'justice__register',
    'police__reoffences',
    'police__residence',
    'civil_affairs__relief',
    'housing__relief',
    'hr__training',
    'hr__public_posts',
    'hr__employment',
    'health__counselling',
] -%}
with

names as (
    {%- for feed in feeds %}
        select name from {{ ref('stg_' ~ feed) }}
        {{ 'union' if not loop.last }}
    {%- endfor %}
),

final as (
    select *
    from names
    where name is not null
)

select * from final
