with

files as (
    {{ sheets_of_files() }}
),

changes as not materialized (
    select * from {{ source('ledger', 'changes') }}
    where known_at < {{ known_at() }}
    union all
    select * from {{ ref('int_across_changes') }}
),

open_now as (
    select * from {{ ref('int_across_now') }}
),

-- one that was closed was opened before
changed_again as (
    select distinct
        feed,
        rule_id,
        row_key,
        column_name
    from changes
    where not is_open
),

paired as (
    select
        changes.*,
        1 as change_no,
        null as closed_on,
        null as is_mended_then,
        null as closed_by_file
    from changes
    anti join changed_again on {{ same_finding('changes', 'changed_again') }}
    union all
    select
        changes.*,
        row_number() over (same_finding rows unbounded preceding) as change_no,
        lead(changes.changed_on) over same_finding as closed_on,
        lead(changes.is_mended) over same_finding as is_mended_then,
        lead(changes.file_name) over same_finding as closed_by_file
    from changes
    semi join changed_again on {{ same_finding('changes', 'changed_again') }}
    window same_finding as (
        partition by changes.feed, changes.rule_id, changes.row_key, changes.column_name
        order by changes.known_at
    )
),

final as (
    select
        paired.feed,
        paired.rule_id,
        paired.row_key,
        paired.column_name,
        paired.change_no as opening_no,
        1 as times_seen,
        {{ shown_key(
            'paired.row_key', 'paired.feed', 'coalesce(open_now.file_name, paired.file_name)',
            'coalesce(open_now.row_no, paired.row_no)', 'files.sheets'
        ) }} as shown_key,
        paired.message_zh,
        if(paired.closed_on is null, open_now.file_name, paired.file_name) as file_name,
        if(paired.closed_on is null, open_now.delivered_on, paired.delivered_on) as delivered_on,
        if(paired.closed_on is null, open_now.row_no, paired.row_no) as row_no,
        paired.changed_on as opened_on,
        coalesce(paired.closed_on, {{ known_at() }}) as last_seen_on,
        paired.closed_on,
        paired.closed_by_file,
        coalesce(not paired.is_mended_then, false) as is_lapsed
    from paired
    -- (whether it is closed is not asked in the join: DuckDB would then compare every pair)
    left join open_now on {{ same_finding('paired', 'open_now') }}
    left join files
        on
            paired.feed = files.feed
            and coalesce(open_now.file_name, paired.file_name) = files.file_name
            and coalesce(open_now.delivered_on, paired.delivered_on) = files.delivered_on
    where paired.is_open
)

select * from final
