{% macro add_years(day, years) -%}
    {#- The same day some years later; 29 February becomes 28. -#}
    ({{ day }} + to_years({{ years }}))::date
{%- endmacro %}

{% macro at_risk(reach, windows) -%}
    {#- The rectangle of fct_register_reach that holds a window: exactly one for everyone at risk in it. -#}
    {{ reach }}.ends_from <= {{ windows }}.ends_on
            and {{ reach }}.ends_before > {{ windows }}.ends_on
            and {{ reach }}.starts_from <= {{ windows }}.starts_on
            and {{ reach }}.starts_to >= {{ windows }}.starts_on
{%- endmacro %}

{% macro add_months(day, months) -%}
    {#- The same day some months later, or the last of that month. -#}
    ({{ day }} + to_months({{ months }}))::date
{%- endmacro %}

{% macro months_up_to(day, months) -%}
    {#- First days of the last so many months, the one that holds `day` included. -#}
    select (date_trunc('month', {{ day }}) - to_months(back))::date as month_on
    from range({{ months }}) as months_back (back)
{%- endmacro %}
