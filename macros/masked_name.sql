{% macro masked_name(name) -%}
    {#- 张*, 欧阳**, 买买提·**: the family name (or what stands before the first dot) and a star for every other letter. -#}
    case
        when strpos({{ name }}, '·') > 1
            then split_part({{ name }}, '·', 1) || '·' || repeat('*', length({{ name }}) - strpos({{ name }}, '·'))
        when length({{ name }}) > 2 and list_contains((select list(surname) from {{ ref('compound_surnames') }}), left({{ name }}, 2))
            then left({{ name }}, 2) || repeat('*', length({{ name }}) - 2)
        when length({{ name }}) > 1 then left({{ name }}, 1) || repeat('*', length({{ name }}) - 1)
        when length({{ name }}) = 1 then '*'
    end
{%- endmacro %}

{% macro shown_key(key, feed, file_name, row_no, sheets='null::varchar[]') -%}
    {#- A row's natural key as it may be shown: one that is or holds an id number, masked or not, is shown as the place
        of its row. Most keys are too short to hold one. -#}
    case
        when
            {{ feed }} in ({{ id_keyed_feeds() }})
            or (
                strlen({{ key }}) >= 15
                and regexp_matches({{ key }}, '(^|[^0-9])([0-9]{6}(19|20)?[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]?|[0-9]{3}[*]{9,11}[0-9]{3}[0-9Xx]?)($|[^0-9])')
            )
            then
                {{ file_name }}
                || coalesce(' ' || {{ sheet_of(sheets, row_no) }}, '')
                || ' 第' || {{ row_in_sheet(sheets, row_no) }} || '行'
        else {{ key }}
    end
{%- endmacro %}

{% macro id_keyed_feeds() -%}
    {#- The feeds whose key is an id number, quoted, for `in (…)`. -#}
    {%- for feed in var('all_feeds') if feed.has_id_key %}'{{ feed.id }}'{{ ', ' if not loop.last }}{% else %}''{% endfor %}
{%- endmacro %}

{% macro masked_id(text) -%}
    {#- 500***********1234: at most this of an id number is ever shown. Most keys are too short to hold one. Twice: what
        stands between two numbers belongs to one match alone. -#}
    {%- set id_no = "'(^|[^0-9])([0-9]{3})[0-9]{11}([0-9]{3}([Xx]|[0-9]($|[^0-9])))', '\\1\\2***********\\3', 'g'" %}
    case
        when strlen({{ text }}) < 18 then {{ text }}
        else regexp_replace(regexp_replace({{ text }}, {{ id_no }}), {{ id_no }})
    end
{%- endmacro %}
