{% test keys(model, key, parents={}, nullable=[]) %}
    {#- Gate G6: the key is whole and unique, every foreign key known in its parent. -#}
    {{ config(tags=['gate']) }}
    {%- set required = key | reject('in', nullable) | list %}

    with

    missing as (
        select
            'key column is null' as broken,
            count(*) as rows_concerned
        from {{ model }}
        where {{ required | join(' is null or ') }} is null
    ),

    repeated as (
        select
            'key is not unique' as broken,
            count(*) as rows_concerned
        from (
            select 1 as one
            from {{ model }}
            group by {{ key | join(', ') }}
            having count(*) > 1
        ) as repeated_keys
    ),

    {%- for column, parent in parents.items() %}

    unknown_{{ loop.index }} as (
        select
            '{{ column }} is not in {{ parent }}' as broken,
            count(*) as rows_concerned
        from {{ model }} as children
        left join {{ ref(parent) }} as parents on children.{{ column }} = parents.{{ column }}
        where
            children.{{ column }} is not null
            and parents.{{ column }} is null
    ),
    {%- endfor %}

    checks as (
        {%- for column in parents %}
            select * from unknown_{{ loop.index }}
            union all
        {%- endfor %}
        select * from missing
        union all
        select * from repeated
    )

    select *
    from checks
    where rows_concerned > 0
{% endtest %}
