{% macro finding(rule, feed, relation, key, column=none, since='null') -%}
    {#- The columns of a finding of a rule across feeds, about one row of a feed; `feed`, `key` and `since` are
        expressions. -#}
    select
        '{{ rule }}' as rule_id,
        {{ feed }} as feed,
        {{ relation }}.batch_id,
        {{ relation }}.row_no,
        {{ key }} as row_key,
        {{ "'" ~ column ~ "'" if column else 'null::varchar' }} as column_name,
        ({{ since }})::date as since_on
    from {{ relation }}
{%- endmacro %}
