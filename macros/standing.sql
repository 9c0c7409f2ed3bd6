{% macro changes_of(relation, columns=[], counts_as='persons') -%}
    {#- Half-open segments as changes of a count: +1 on valid_from, -1 on valid_to; one row per day and values of `columns`. -#}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        changed_on,
        sum(change) as {{ counts_as }}
    from (
        select
            {%- for column in columns %}
            {{ column }},
            {%- endfor %}
            unnest([valid_from, valid_to]) as changed_on,
            unnest([1, -1]) as change
        from {{ relation }}
    ) as ends
    group by all
{%- endmacro %}

{% macro pieces_of(relations) -%}
    {#- Cuts each person's time at every bound of the relations' segments: within a piece nothing changes. -#}
    select
        person_key,
        bound as valid_from,
        lead(bound) over (partition by person_key order by bound) as valid_to
    from (
        {%- for relation in relations %}
        select distinct person_key, unnest([valid_from, valid_to]) as bound from {{ relation }}
        {% if not loop.last %}union{% endif %}
        {%- endfor %}
    ) as bounds
{%- endmacro %}

{% macro standing_at(changes, counts=['persons'], cuts=[[], ['township_code']]) -%}
    {#- Counts in force at each period's as-of, from changes_of(); one row per period and value of each cut. -#}
    select
        periods.period_id,
        {%- for column in cuts | sum(start=[]) | unique %}
        {{ changes }}.{{ column }},
        {%- endfor %}
        {%- for count in counts %}
        coalesce(sum({{ changes }}.{{ count }}), 0) as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from periods
    inner join {{ changes }} on {{ changes }}.changed_on <= periods.as_of
    group by grouping sets (
        {%- for cut in cuts %}
        (periods.period_id{% for column in cut %}, {{ changes }}.{{ column }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
