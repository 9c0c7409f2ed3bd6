{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- A schema named in the project is taken as it is, not put behind the target's. -#}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
