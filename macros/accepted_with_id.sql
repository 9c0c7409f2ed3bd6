{% macro accepted_with_id() -%}
    {#- Every accepted row of every delivery of every feed with id numbers, one below the other, when the id is valid. -#}
    {%- set keys = {
        ('corrections', 'releases'): 'release_no', ('justice', 'register'): 'register_no',
        ('police', 'reoffences'): 'record_no', ('police', 'residence'): 'id_no',
        ('civil_affairs', 'relief'): 'payment_no', ('housing', 'relief'): 'payment_no',
        ('hr', 'training'): 'enrolment_no', ('hr', 'public_posts'): 'post_no',
        ('hr', 'employment'): 'record_no', ('health', 'counselling'): 'record_no',
    } -%}
    {%- for agency, feed in keys %}
    select
        '{{ agency }}.{{ feed }}' as feed,
        batch_id,
        row_no,
        {{ keys[(agency, feed)] }} as row_key,
        id_no,
        name,
        {{ 'birth_date' if feed == 'releases' else 'null::date' }} as birth_date
    from {{ source(agency, feed) }}
    where
        not is_quarantined
        and not coalesce(withdrawn, false)
        and id_no is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
