{% macro threshold(rule, column='threshold', type='integer') -%}
    {#- The threshold of a rule, from the seed of rules and what a district has put over it. -#}
    (select rules.{{ column }}::{{ type }} from {{ ref('rules') }} as rules where rules.rule = '{{ rule }}')
{%- endmacro %}
