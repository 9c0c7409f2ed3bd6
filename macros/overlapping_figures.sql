{% macro overlapping_figures() -%}
    {#- The ids, quoted, of the figures whose yml says that their townships overlap: one person counts in several. -#}
    ''
    {%- if execute %}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') if 'figure' in node.tags %}
    {%- for figure in node.config.meta.figures if figure.townships_overlap %}, '{{ figure.id }}'
    {%- endfor %}
    {%- endfor %}
    {%- endif %}
{%- endmacro %}
