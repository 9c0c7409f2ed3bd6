{% macro accepted_with_id() -%}
    {#- Every accepted row of every delivery of every feed with id numbers, one below the other, when the id is valid. -#}
    {%- for feed in var('person_feeds') if feed.columns is not defined or 'id_no' in feed.columns %}
    select
        '{{ feed.id }}' as feed,
        batch_id,
        row_no,
        {{ feed.row_key | default('null') }} as row_key,
        id_no,
        name,
        {{ 'birth_date' if 'birth_date' in feed.columns else 'null::date' }} as birth_date
    from {{ source(feed.agency, feed.name) }} as checked
    where
        not {{ is_quarantined('checked') }}
        and not coalesce(withdrawn, false)
        and id_no is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
