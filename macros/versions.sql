{% macro in_force_incremental(source, key) -%}
    {#- The newest accepted version of every key of an incremental feed, unless that version withdraws the row. Versions
        are compared for the few keys that have several: all other rows pass as they are read. The source itself is named
        throughout: of a CTE DuckDB would make a copy. -#}
    select
        kept.*,
        batches.delivered_on,
        batches.delivery_order
    from {{ source }} as kept
    inner join {{ ref('stg_batches') }} as batches on kept.batch_id = batches.batch_id
    left join (
        select
            checked.{{ key | join(', checked.') }},
            max({{ version_of('checked', 'batches') }}) as newest_version
        from {{ source }} as checked
        inner join {{ ref('stg_batches') }} as batches on checked.batch_id = batches.batch_id
        where not {{ is_quarantined('checked') }}
        group by checked.{{ key | join(', checked.') }}
        having count(*) > 1
    ) as repeated on {{ same_key('kept', 'repeated', key) }}
    where
        not {{ is_quarantined('kept') }}
        and not coalesce(kept.withdrawn, false)
        and coalesce(repeated.newest_version = {{ version_of('kept', 'batches') }}, true)
{%- endmacro %}

{% macro in_force_snapshot(source, key, feed) -%}
    {#- The newest accepted version of every key of a snapshot feed that no later snapshot lacks. A quarantined row
        holds the place of its key, so that the version before stays; through several snapshots too. Versions are
        compared, and earlier snapshots read, for the few keys that the newest snapshot has twice or set aside: all
        other rows of it pass as they are read. The source itself is named throughout: of a CTE DuckDB would make a
        copy. -#}
    with

    snapshots as (
        {{ batches_of(feed) }}
    ),

    doubtful as (
        select checked.{{ key | join(', checked.') }}
        from {{ source }} as checked
        inner join snapshots on checked.batch_id = snapshots.batch_id
        where snapshots.feed_sequence = snapshots.newest_sequence
        group by checked.{{ key | join(', checked.') }}
        having
            count(*) > 1
            or bool_or({{ is_quarantined('checked') }})
    ),

    versions as (
        select
            checked.batch_id,
            checked.row_no,
            {{ is_quarantined('checked') }} as is_quarantined,
            snapshots.feed_sequence,
            snapshots.newest_sequence,
            row_number() over (
                partition by checked.{{ key | join(', checked.') }}, {{ is_quarantined('checked') }}
                order by {{ version_of('checked', 'snapshots') }} desc
            ) as version_rank,
            -- in how many snapshots from this one on the key is found
            dense_rank() over (
                partition by checked.{{ key | join(', checked.') }}
                order by snapshots.feed_sequence desc
            ) as snapshots_with_key
        from {{ source }} as checked
        inner join snapshots on checked.batch_id = snapshots.batch_id
        inner join doubtful on {{ same_key('checked', 'doubtful', key) }}
    )

    select
        kept.*,
        snapshots.delivered_on,
        snapshots.delivery_order
    from {{ source }} as kept
    inner join snapshots
        on
            kept.batch_id = snapshots.batch_id
            and snapshots.feed_sequence = snapshots.newest_sequence
    anti join doubtful on {{ same_key('kept', 'doubtful', key) }}
    where not {{ is_quarantined('kept') }}
    union all
    select
        kept.*,
        snapshots.delivered_on,
        snapshots.delivery_order
    from {{ source }} as kept
    inner join snapshots on kept.batch_id = snapshots.batch_id
    inner join versions
        on
            kept.batch_id = versions.batch_id
            and kept.row_no = versions.row_no
    where
        not versions.is_quarantined
        and versions.version_rank = 1
        and versions.feed_sequence + versions.snapshots_with_key - 1 = versions.newest_sequence
{%- endmacro %}

{% macro same_key(one, other, key) -%}
    {%- for column in key %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro version_of(relation, batches) -%}
    {#- One number by which versions of a row compare: the delivery, then the place in the file. -#}
    ({{ batches }}.delivery_order << 32) + {{ relation }}.row_no
{%- endmacro %}

{% macro batches_of(feed) -%}
    {#- The batches of a feed, each with the number of the newest of them. -#}
    select
        *,
        max(feed_sequence) over () as newest_sequence
    from {{ ref('stg_batches') }}
    where feed = '{{ feed }}'
{%- endmacro %}

{% macro is_quarantined(checked) -%}
    {#- Whether a checked row is set aside: by a rule of its own delivery, or since a later day, by Q8. -#}
    ({{ checked }}.is_quarantined or coalesce({{ checked }}.set_aside_on <= {{ known_at() }}, false))
{%- endmacro %}
