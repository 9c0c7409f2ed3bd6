{% macro covers(reach, day) -%}
    {#- The rectangle of fct_register_reach that holds the window of one day: at most one of a person does. -#}
    {{ reach }}.ends_from <= {{ day }}
    and {{ reach }}.ends_before > {{ day }}
    and {{ reach }}.starts_from <= {{ day }}
    and {{ reach }}.starts_to >= {{ day }}
{%- endmacro %}
