{% macro rows_of_feeds(snapshots_too=true) -%}
    {#- Every checked row of every delivery of every feed, with its natural key; null when a part of it is missing. -#}
    {%- for feed in var('all_feeds') if snapshots_too or not feed.is_snapshot %}
    select
        '{{ feed.id }}' as feed,
        batch_id,
        row_no,
        {{ feed.row_key | default('null') }} as row_key
    from {{ source(feed.agency, feed.name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro snapshot_feeds() -%}
    {#- The feeds whose deliveries are whole lists, quoted, for `in (…)`. -#}
    {%- for feed in var('all_feeds') if feed.is_snapshot %}'{{ feed.id }}'{{ ', ' if not loop.last }}{% else %}''{% endfor %}
{%- endmacro %}
