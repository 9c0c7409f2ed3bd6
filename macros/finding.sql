{% macro finding(rule, feed, relation, key, column=none) -%}
    {#- The columns of a finding of a rule across feeds, about one row of a feed; `feed` and `key` are expressions. -#}
    select
        '{{ rule }}' as rule_id,
        {{ feed }} as feed,
        {{ relation }}.batch_id,
        {{ relation }}.row_no,
        {{ key }} as row_key,
        {{ "'" ~ column ~ "'" if column else 'null::varchar' }} as column_name
    from {{ relation }}
{%- endmacro %}
