{% macro repeated(relation, columns) -%}
    {#- The values of `columns` that several rows have. Where few do, a window over these alone saves sorting all rows. -#}
    select {{ columns | join(', ') }}
    from {{ relation }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endmacro %}

{% macro same_values(one, other, columns) -%}
    {#- Condition of a join on columns that may be null. -#}
    {%- for column in columns %}
            {{ one }}.{{ column }} is not distinct from {{ other }}.{{ column }}{{ ' and' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
