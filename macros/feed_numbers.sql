{% macro feed_numbers(months) -%}
    {#- The mean of every column of numbers of every feed, by month; `months` says which batch belongs to which. -#}
    {%- for feed in var('all_feeds') if feed.numbers %}
    select
        '{{ feed.id }}' as feed,
        months.month_on,
        unnest([{{ "'" ~ feed.numbers | join("', '") ~ "'" }}]) as column_name,
        unnest([{% for name in feed.numbers %}avg(checked.{{ name }}){{ ', ' if not loop.last }}{% endfor %}]) as mean_value
    from {{ source(feed.agency, feed.name) }} as checked
    inner join {{ months }} as months on checked.batch_id = months.batch_id
    where not {{ is_quarantined('checked') }}
    group by months.month_on
    {{ 'union all' if not loop.last }}
    {%- else %}
    select null::varchar as feed, null::date as month_on, null::varchar as column_name, null::double as mean_value
    {%- endfor %}
{%- endmacro %}
