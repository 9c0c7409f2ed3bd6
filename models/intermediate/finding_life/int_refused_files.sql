with

refusals as (
    select
        path,
        rule as rule_id,
        agency,
        agency || '.' || feed as feed,
        {{ masked_id('min(file_name)') }} as file_name,
        max(sha256) as sha256,
        max_by(message, (refused_on, message)) as message_zh,
        -- the day in the name may be wrong itself (B5, B9)
        min(least(coalesce(delivered_on, refused_on), refused_on)) as opened_on,
        max(refused_on) as last_refused_on,
        coalesce(
            nullif(regexp_extract(path, '[0-9日]_([0-9]{1,9})( *[(（-][^.]*)?\.[^.]*$', 1), '')::integer, 1
        ) as delivery_no
    from {{ source('landing', 'refusals') }}
    where least(coalesce(delivered_on, refused_on), refused_on) <= {{ known_at() }}
    group by path, rule, agency, feed
),

arrivals as (
    select
        feed,
        path,
        file_name,
        delivered_on,
        delivery_no,
        landed_on,
        sha256
    from {{ ref('stg_batches') }}
    union all
    select
        agency || '.' || feed as feed,
        path,
        parse_filename(path) as file_name,
        delivered_on,
        1 as delivery_no,
        delivered_on as landed_on,
        null as sha256
    from {{ source('landing', 'repeats') }}
    where delivered_on <= {{ known_at() }}
),

taken_away as (
    select * from {{ source('landing', 'taken_away') }}
    where taken_on <= {{ known_at() }}
),

-- the file itself under its name, or the next of its feed (of its agency, where the name fits no feed)
mendings as (
    select
        refusals.path,
        refusals.rule_id,
        arrivals.file_name as closed_by_file,
        case
            when arrivals.path = refusals.path then greatest(arrivals.landed_on, arrivals.delivered_on)
            else arrivals.delivered_on
        end as closed_on
    from refusals
    inner join arrivals
        on
            refusals.path = arrivals.path
            or (
                coalesce(refusals.feed = arrivals.feed, arrivals.feed like refusals.agency || '.%')
                and (refusals.opened_on, refusals.delivery_no, refusals.path)
                < (arrivals.delivered_on, arrivals.delivery_no, arrivals.path)
            )
    union all
    -- of no feed, so of no sender either: what it holds came under a right name, or it was taken away
    select
        refusals.path,
        refusals.rule_id,
        arrivals.file_name as closed_by_file,
        greatest(arrivals.landed_on, arrivals.delivered_on) as closed_on
    from refusals
    inner join arrivals on refusals.sha256 = arrivals.sha256
    where
        refusals.rule_id = 'B9'
        and refusals.opened_on <= arrivals.landed_on
    union all
    select
        refusals.path,
        refusals.rule_id,
        null as closed_by_file,
        taken_away.taken_on as closed_on
    from refusals
    inner join taken_away on refusals.path = taken_away.path
    where
        refusals.rule_id = 'B9'
        and refusals.last_refused_on <= taken_away.taken_on
    union all
    -- replaced by a file that was refused for something else
    select
        refusals.path,
        refusals.rule_id,
        later.file_name as closed_by_file,
        later.last_refused_on as closed_on
    from refusals
    inner join refusals as later
        on
            refusals.path = later.path
            and refusals.rule_id != later.rule_id
            and refusals.last_refused_on < later.last_refused_on
),

first_mendings as (
    select
        path,
        rule_id,
        min(closed_on) as closed_on,
        arg_min_null(closed_by_file, (closed_on, closed_by_file)) as closed_by_file
    from mendings
    group by path, rule_id
),

final as (
    select
        refusals.*,
        case
            when first_mendings.closed_on is not null then least(first_mendings.closed_on, {{ known_at() }})
        end as closed_on,
        first_mendings.closed_by_file
    from refusals
    left join first_mendings
        on
            refusals.path = first_mendings.path
            and refusals.rule_id = first_mendings.rule_id
)

select * from final
