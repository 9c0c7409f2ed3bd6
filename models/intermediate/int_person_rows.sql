with

{#- a feed that lacks a column has null in it; name is a keyword, and the column's name everywhere #}
final as (
    {%- for feed in var('person_feeds') if feed.id not in ['corrections.releases', 'justice.register'] %}
        select
            '{{ feed.id }}' as feed,
            {{ feed.row_key | default('null') }} as row_key,
            batch_id,
            row_no,
            {{ 'id_no' if 'id_no' in feed.columns else 'null' }}::varchar as id_no,
            {{ 'name' if 'name' in feed.columns else 'null' }}::varchar as name,  -- noqa: RF04
            {{ 'birth_date' if 'birth_date' in feed.columns else 'null' }}::date as birth_date,
            {{ 'sex' if 'sex' in feed.columns else 'null' }}::varchar as sex,
            {{ 'register_no' if 'register_no' in feed.columns else 'null' }}::varchar as register_no
        from {{ ref('stg_' ~ feed.table) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
