{% macro linked_rows(feed_id) -%}
    {#- Rows in force of a feed other than releases and register, with whom each belongs to: `link_rule` is the rule of
        FEEDS 5 that decided, `person_key` is null for rows of nobody. The contract says which columns a feed has. -#}
    {%- set feed = var('person_feeds') | selectattr('id', 'equalto', feed_id) | first | default({}) %}
    {%- set columns = feed.columns | default([]) %}
    {%- set has_look_alikes = 'id_no' in columns and 'birth_date' in columns and 'sex' in columns %}
    select
        in_force.*,
        case
            when decided.row_key is not null then 1
            {%- if 'register_no' in columns %}
            else coalesce(dossiers.link_rule, 6)
            {%- else %}
            when in_force.id_no is not null then 3
            {%- if has_look_alikes %}
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
    {%- if has_look_alikes %}
    left join {{ ref('int_look_alikes') }} as look_alikes
        on
            in_force.name = look_alikes.name
            and in_force.birth_date = look_alikes.birth_date
            and in_force.sex = look_alikes.sex
    {%- endif %}
    left join {{ ref('int_persons') }} as persons
        on {{ "coalesce('id:' || in_force.id_no, look_alikes.person_id)" if has_look_alikes else "'id:' || in_force.id_no" }} = persons.person_id
    {%- endif %}
{%- endmacro %}

{% macro linked_documents(feed_id) -%}
    {#- The same of releases and register, whose rows make persons. -#}
    {%- set persons = {'corrections.releases': 'int_release_persons', 'justice.register': 'int_register_persons'}[feed_id] %}
    {%- set number = {'corrections.releases': 'release_no', 'justice.register': 'register_no'}[feed_id] %}
    select
        in_force.*,
        persons.link_rule,
        persons.person_key
    from {{ ref('stg_' ~ feed_id | replace('.', '__')) }} as in_force
    inner join {{ ref(persons) }} as persons on in_force.{{ number }} = persons.{{ number }}
{%- endmacro %}
