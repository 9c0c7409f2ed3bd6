with

{#- name is a keyword, and the column's name everywhere #}
final as (
    {%- for feed in var('person_feeds') %}
        {%- set columns = feed.columns | default([]) %}
        select
            '{{ feed.id }}' as feed,
            {{ feed.row_key | default('null') }} as row_key,
            batch_id,
            row_no,
            {{ 'id_no' if 'id_no' in columns else 'null' }}::varchar as id_no,
            {{ 'name' if 'name' in columns else 'null' }}::varchar as name,  -- noqa: RF04
            {{ 'birth_date' if 'birth_date' in columns else 'null' }}::date as birth_date,
            {{ 'sex' if 'sex' in columns else 'null' }}::varchar as sex,
            link_rule,
            person_key
        from ({{ linked_rows(feed.id) }}) as linked
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
