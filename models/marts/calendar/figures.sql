with

final as (
    {%- for model in var('figure_models') %}
        select
            figure_id,
            period_id,
            township_code,
            feed,
            dimension,
            member,
            numerator,
            denominator
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
