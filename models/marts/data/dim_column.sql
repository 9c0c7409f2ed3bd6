with

listed as (
    select
        ''::varchar as feed,
        ''::varchar as column_name,
        ''::varchar as column_zh
    where false
    {%- for feed in var('all_feeds') %}
        {%- for named in feed.headers %}
            union all
            select
                '{{ feed.id }}',
                '{{ named.column }}',
                '{{ named.header }}'
        {%- endfor %}
    {%- endfor %}
),

final as (
    select
        feed,
        column_name,
        column_zh
    from listed
)

select * from final
