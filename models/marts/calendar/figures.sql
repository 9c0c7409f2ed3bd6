{%- set columns = {
    'figure_id': 'varchar',
    'period_id': 'varchar',
    'township_code': 'varchar',
    'feed': 'varchar',
    'dimension': 'varchar',
    'member': 'varchar',
    'numerator': 'decimal(38, 2)',
    'denominator': 'decimal(38, 2)',
} -%}
with

final as (
    {%- for model in var('figure_models') %}
        select
            {%- for column in columns %}
                {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(model) }}
        union all
    {%- endfor %}
    select
        {%- for column, type in columns.items() %}
            null::{{ type }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
)

select * from final
