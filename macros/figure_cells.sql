{% macro figure_cells(
    relation, figure_id, numerator, denominator='null', township='township_code', feed='null', dimension=none, member=none
) -%}
    {#- The columns every figure model has. `dimension` names the breakdown, `member` its column (default: of that name). -#}
    select
        '{{ figure_id }}'::varchar as figure_id,
        period_id,
        {{ township }}::varchar as township_code,
        {{ feed }}::varchar as feed,
        {% if dimension -%}
        case when {{ member or dimension }} is not null then '{{ dimension }}' end as dimension,
        {{ member or dimension }}::varchar as member,
        {%- else -%}
        null::varchar as dimension,
        null::varchar as member,
        {%- endif %}
        ({{ numerator }})::decimal(38, 2) as numerator,
        ({{ denominator }})::decimal(38, 2) as denominator
    from {{ relation }}
{%- endmacro %}
