{% macro in_force_incremental(checked, key) -%}
    {#- The newest accepted version of every key of an incremental feed, unless that version withdraws the row. -#}
    select
        {{ checked }}.*,
        versions.delivered_on,
        versions.delivery_order
    from (
        select
            checked.batch_id,
            checked.row_no,
            batches.delivered_on,
            batches.delivery_order,
            coalesce(checked.withdrawn, false) as is_withdrawn,
            row_number() over (
                partition by checked.{{ key | join(', checked.') }}
                order by batches.delivery_order desc, checked.row_no desc
            ) as version_rank
        from {{ checked }} as checked
        inner join {{ ref('stg_batches') }} as batches on checked.batch_id = batches.batch_id
        where not checked.is_quarantined
    ) as versions
    inner join {{ checked }} using (batch_id, row_no)
    where
        versions.version_rank = 1
        and not versions.is_withdrawn
{%- endmacro %}

{% macro in_force_snapshot(checked, key, feed) -%}
    {#- The newest accepted version of every key of a snapshot feed that no later snapshot lacks. A quarantined row
        holds the place of its key, so that the version before stays; through several snapshots too. Earlier
        snapshots are read for such keys alone. -#}
    select
        {{ checked }}.*,
        versions.delivered_on,
        versions.delivery_order
    from (
        select
            checked.batch_id,
            checked.row_no,
            checked.is_quarantined,
            batches.delivered_on,
            batches.delivery_order,
            batches.feed_sequence,
            batches.newest_sequence,
            row_number() over (
                partition by checked.{{ key | join(', checked.') }}, checked.is_quarantined
                order by batches.delivery_order desc, checked.row_no desc
            ) as version_rank,
            -- in how many snapshots from this one on the key is found
            dense_rank() over (
                partition by checked.{{ key | join(', checked.') }}
                order by batches.feed_sequence desc
            ) as snapshots_with_key
        from {{ checked }} as checked
        inner join ({{ batches_of(feed) }}) as batches on checked.batch_id = batches.batch_id
        left join (
            select distinct checked.{{ key | join(', checked.') }}
            from {{ checked }} as checked
            inner join ({{ batches_of(feed) }}) as batches on checked.batch_id = batches.batch_id
            where
                checked.is_quarantined
                and batches.feed_sequence = batches.newest_sequence
        ) as held
            on {% for column in key %}checked.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        where
            batches.feed_sequence = batches.newest_sequence
            or held.{{ key[0] }} is not null
    ) as versions
    inner join {{ checked }} using (batch_id, row_no)
    where
        not versions.is_quarantined
        and versions.version_rank = 1
        and versions.feed_sequence + versions.snapshots_with_key - 1 = versions.newest_sequence
{%- endmacro %}

{% macro batches_of(feed) -%}
    {#- The batches of a feed, each with the number of the newest of them. -#}
    select
        *,
        max(feed_sequence) over () as newest_sequence
    from {{ ref('stg_batches') }}
    where feed = '{{ feed }}'
{%- endmacro %}
