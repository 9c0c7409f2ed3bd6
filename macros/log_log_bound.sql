{% macro log_log_bound(side) -%}
    {#- A 95% bound of the incidence by the log-log transform of survival: `side` is - for the lower, + for the upper. -#}
    1 - exp(log_survival * exp({{ side }}1.959963984540054 * log_se / abs(log_survival)))
{%- endmacro %}
