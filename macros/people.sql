{% macro feed_names() -%}
    {#- One row per feed and way to write its agency and name, English or Chinese, from the contract in the sources. -#}
    select
        feed,
        unnest([agency, agency_zh]) as agency_name,
        unnest([feed_name, feed_name_zh]) as feed_name
    from (
        values
        ('', '', '', '', '')
        {%- if execute %}
        {%- for node in graph.sources.values() | sort(attribute='unique_id') if node.schema == 'checked' %},
        ('{{ node.source_name }}.{{ node.name }}', '{{ node.source_name }}', '{{ node.name }}', '{{ node.source_meta.name_zh }}', '{{ node.config.meta.name_zh }}')
        {%- endfor %}
        {%- endif %}
    ) as names (feed, agency, feed_name, agency_zh, feed_name_zh)
{%- endmacro %}

{% macro birth_date_of(person_id) -%}
    {#- Birth date in the id number of a person known by it; null for others. -#}
    case when {{ person_id }} like 'id:%' then try_strptime(substr({{ person_id }}, 10, 8), '%Y%m%d')::date end
{%- endmacro %}

{% macro sex_of(person_id) -%}
    {#- Sex code in the id number of a person known by it: the 17th digit is odd for men. -#}
    case
        when {{ person_id }} like 'id:%' and length({{ person_id }}) = 21
            then case when substr({{ person_id }}, 20, 1) in ('1', '3', '5', '7', '9') then '1' else '2' end
    end
{%- endmacro %}
