-- Every list is kept, not the newest alone: the figures are of the list that was newest at their as-of.
with

lists as (
    {{ batches_of('finance.budget') }}
),

delivered as (
    select
        items.*,
        {{ is_quarantined('items') }} as is_set_aside,
        lists.delivered_on,
        lists.delivery_order,
        lists.feed_sequence,
        -- the same for lists that follow each other and all have the key
        lists.feed_sequence - dense_rank() over (
            partition by items.year, items.item
            order by lists.feed_sequence asc
        ) as unbroken
    from {{ source('finance', 'budget') }} as items
    inner join lists on items.batch_id = lists.batch_id
),

-- of a key listed twice the last row counts; one set aside keeps the key's place for the version before
in_lists as (
    select
        year,
        item,
        unbroken,
        feed_sequence,
        max(row_no) filter (where not is_set_aside) as row_no
    from delivered
    group by year, item, unbroken, feed_sequence
),

in_force as (
    select
        in_lists.year,
        in_lists.item,
        lists.delivered_on as valid_from,
        lists.feed_sequence,
        max((in_lists.feed_sequence << 32) + in_lists.row_no) over (
            partition by in_lists.year, in_lists.item, in_lists.unbroken
            order by in_lists.feed_sequence
        ) as newest_version
    from in_lists
    inner join lists on in_lists.feed_sequence = lists.feed_sequence
),

spans as (
    select
        feed_sequence,
        coalesce(lead(delivered_on) over (order by feed_sequence), date '9999-12-31') as valid_to
    from lists
),

final as (
    select
        delivered.year,
        delivered.item,
        delivered.budget_yuan,
        delivered.spent_yuan,
        delivered.as_of,
        in_force.valid_from,
        spans.valid_to,
        delivered.batch_id,
        delivered.row_no,
        delivered.delivered_on,
        delivered.delivery_order
    from in_force
    inner join spans on in_force.feed_sequence = spans.feed_sequence
    inner join delivered
        on
            in_force.year = delivered.year
            and in_force.item = delivered.item
            and in_force.newest_version = (delivered.feed_sequence << 32) + delivered.row_no
    where in_force.valid_from < spans.valid_to
)

select * from final
