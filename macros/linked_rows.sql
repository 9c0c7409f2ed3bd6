{% macro linked_rows(feed_id) -%}
    {#- Rows in force of a feed, with whom each belongs to: `link_rule` is the rule of FEEDS 5 that decided, `person_key` is
        null for rows of nobody. Releases and register rows make persons, others look them up by the columns that the
        contract says they have. -#}
    {%- set documents = {
        'corrections.releases': ('int_release_persons', 'release_no'),
        'justice.register': ('int_register_persons', 'register_no'),
    } %}
    {%- set feed = var('person_feeds') | selectattr('id', 'equalto', feed_id) | first | default({}) %}
    {%- set columns = feed.columns | default([]) %}
    {%- if feed_id in documents %}
    {%- set persons, number = documents[feed_id] %}
    select
        in_force.*,
        persons.link_rule,
        persons.person_key
    from {{ ref('stg_' ~ feed_id | replace('.', '__')) }} as in_force
    inner join {{ ref(persons) }} as persons on in_force.{{ number }} = persons.{{ number }}
    {%- else %}
    select
        in_force.*,
        case
            when decided.row_key is not null then 1
            {%- if 'register_no' in columns %}
            else coalesce(dossiers.link_rule, 6)
            {%- else %}
            when in_force.id_no is not null then 3
            {%- if can_look_alike(columns) %}
            when look_alikes.person_id is not null then 4
            {%- endif %}
            else 6
            {%- endif %}
        end as link_rule,
        {%- if 'register_no' in columns %}
        case when decided.row_key is not null then decided.person_key else dossiers.person_key end as person_key
        {%- else %}
        case when decided.row_key is not null then decided.person_key else persons.person_key end as person_key
        {%- endif %}
    from {{ ref('stg_' ~ feed_id | replace('.', '__')) }} as in_force
    left join {{ ref('int_decided_rows') }} as decided
        on
            decided.feed = '{{ feed_id }}'
            and {{ feed.row_key | default('null') }} = decided.row_key
    {%- if 'register_no' in columns %}
    left join {{ ref('int_register_persons') }} as dossiers on in_force.register_no = dossiers.register_no
    {%- else %}
    {%- if can_look_alike(columns) %}
    left join {{ ref('int_look_alikes') }} as look_alikes
        on
            in_force.name = look_alikes.name
            and in_force.birth_date = look_alikes.birth_date
            and in_force.sex = look_alikes.sex
    {%- endif %}
    left join {{ ref('int_persons') }} as persons
        on {{ "coalesce('id:' || in_force.id_no, look_alikes.person_id)" if can_look_alike(columns) else "'id:' || in_force.id_no" }} = persons.person_id
    {%- endif %}
    {%- endif %}
{%- endmacro %}

{% macro can_look_alike(columns) -%}
    {#- Not empty when rows of a feed with these columns, where they lack an id number, are told by who looks like them. -#}
    {{ 'yes' if 'id_no' in columns and 'birth_date' in columns and 'sex' in columns }}
{%- endmacro %}
