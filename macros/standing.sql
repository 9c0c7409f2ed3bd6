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
    {#- Counts in force at each period's as-of, from changes_of(); one row per period and value of each cut. Changes are
        first summed up to the as-of days, so that a calendar of many periods costs little more than one. -#}
    {%- set columns = cuts | sum(start=[]) | unique | list %}
    select
        periods.period_id,
        {%- for column in columns %}
        summed.{{ column }},
        {%- endfor %}
        {%- for count in counts %}
        coalesce(sum(summed.{{ count }}), 0) as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from periods
    inner join (
        select
            {%- for column in columns %}
            changes.{{ column }},
            {%- endfor %}
            {%- for count in counts %}
            sum(changes.{{ count }}) as {{ count }},
            {%- endfor %}
            days.as_of
        from {{ changes }} as changes
        asof inner join (select distinct as_of from periods) as days on changes.changed_on <= days.as_of
        group by all
    ) as summed on periods.as_of >= summed.as_of
    group by grouping sets (
        {%- for cut in cuts %}
        (periods.period_id{% for column in cut %}, summed.{{ column }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
