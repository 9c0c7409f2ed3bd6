with

sightings as (
    select * from {{ ref('int_finding_sightings') }}
),

looks as (
    select * from {{ ref('int_finding_looks') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

-- once per delivery: the last of the rows concerned stands for the others
seen as (
    select
        *,
        row_key is not null
        and (rule_id = 'W12' or feed not in ({{ snapshot_feeds() }})) as is_seen_with_its_key
    from sightings
    qualify row_number() over (
        partition by feed, rule_id, row_key, column_name, delivery_order
        order by row_no desc, message_zh desc
    ) = 1
),

-- the delivery that could have shown the finding again: the next with its key, or the next whole list or file
judged_again as (
    select
        seen.*,
        again.delivery_order as again_order
    from seen
    asof left join looks as again
        on
            seen.feed = again.feed
            and seen.row_key = again.row_key
            and seen.delivery_order < again.delivery_order
    where seen.is_seen_with_its_key
    union all
    select
        seen.*,
        again.delivery_order as again_order
    from seen
    left join batches as again
        on
            seen.feed = again.feed
            and seen.feed_sequence + 1 = again.feed_sequence
    where not seen.is_seen_with_its_key
),

ended as (
    select
        *,
        coalesce(
            again_order < lead(delivery_order) over (
                partition by feed, rule_id, row_key, column_name
                order by delivery_order
            ),
            again_order is not null
        ) as is_last_of_opening
    from judged_again
),

numbered as (
    select
        *,
        count(*) filter (where is_last_of_opening) over (
            partition by feed, rule_id, row_key, column_name
            order by delivery_order
            rows between unbounded preceding and 1 preceding
        ) as openings_before
    from ended
),

openings as (
    select
        feed,
        rule_id,
        row_key,
        column_name,
        openings_before + 1 as opening_no,
        min(delivery_order) as opened_order,
        max(delivery_order) as last_order,
        count(*) as times_seen,
        arg_max(again_order, delivery_order) filter (where is_last_of_opening) as closed_order,
        arg_max_null(shown_key, delivery_order) as shown_key,
        arg_max_null(message_zh, delivery_order) as message_zh,
        arg_max_null(row_no, delivery_order) as row_no
    from numbered
    group by feed, rule_id, row_key, column_name, openings_before
),

final as (
    select
        openings.feed,
        openings.rule_id,
        openings.row_key,
        openings.column_name,
        openings.opening_no,
        openings.times_seen,
        openings.shown_key,
        openings.message_zh,
        newest.batch_id,
        newest.file_name,
        newest.delivered_on,
        openings.row_no,
        opened.delivered_on as opened_on,
        newest.delivered_on as last_seen_on,
        closing.delivered_on as closed_on,
        closing.file_name as closed_by_file
    from openings
    inner join batches as opened on openings.opened_order = opened.delivery_order
    inner join batches as newest on openings.last_order = newest.delivery_order
    left join batches as closing on openings.closed_order = closing.delivery_order
)

select * from final
