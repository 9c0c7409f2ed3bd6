{% macro known_at() -%}
    {#- The only clock of the models: the day whose end the build knows. Reentry defines it for the session. -#}
    memory.main.known_at()
{%- endmacro %}

{% macro person_token(text) -%}
    {#- HMAC-SHA256 of a private text, 64 hex digits; the key lies outside every database. -#}
    memory.main.person_token({{ text }})
{%- endmacro %}

{% macro person_key(person_id) -%}
    {#- The keyed surrogate of a person: the first half of the token, as a number. -#}
    memory.main.person_key({{ person_id }})
{%- endmacro %}

{% macro open_end() -%}
    {#- Stands for "not yet ended" in half-open segments of days. -#}
    date '9999-12-31'
{%- endmacro %}

{% macro year_before(day) -%}
    {#- The same day one year earlier; 29 February becomes 28. -#}
    ({{ day }} - interval 1 year)::date
{%- endmacro %}
