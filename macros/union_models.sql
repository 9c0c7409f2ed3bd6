{% macro union_models(names) -%}
    {#- The rows of several models with the same columns, one below the other. -#}
    {%- for name in names %}
    select * from {{ ref(name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
