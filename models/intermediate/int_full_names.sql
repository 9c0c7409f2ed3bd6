with

names as (
    {%- for feed in var('person_feeds') if 'name' in (feed.columns | default(['name'])) %}
        select name
        from {{ ref('stg_' ~ feed.table) }}
        {{ 'union' if not loop.last }}
    {%- endfor %}
),

final as (
    select *
    from names
    where name is not null
)

select * from final
