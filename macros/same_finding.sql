{% macro same_finding(one, other) -%}
    {#- Condition of a join: both are about the same finding (decision 0014). A file that fits no feed has none, a finding
        of a whole row no column. Where few findings are concerned, such a join saves a window over all. -#}
    {%- for column in ['feed', 'rule_id', 'row_key', 'column_name'] %}
            {{ one }}.{{ column }} is not distinct from {{ other }}.{{ column }}{{ ' and' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
