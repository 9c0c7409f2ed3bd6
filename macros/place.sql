{#-
    Where a row stands, given its number in the batch and the names of the sheets that were read (null for CSV): the
    sheets' numbers, from 0, stand above the 21 bits of the row (reentry/land/places.py).
-#}

{%- macro sheet_of(sheets, row_no) -%}
    {{ sheets }}[1 + ({{ row_no }} >> 21)]
{%- endmacro -%}

{%- macro row_in_sheet(sheets, row_no) -%}
    if({{ sheets }} is null, {{ row_no }}, {{ row_no }} & 2097151)
{%- endmacro -%}

{%- macro sheets_of_files() -%}
    select
        feed,
        file_name,
        delivered_on,
        arg_max_null(sheets, batch_id) as sheets
    from {{ ref('stg_batches') }}
    group by feed, file_name, delivered_on
{%- endmacro -%}
