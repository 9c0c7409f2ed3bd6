with

openings as not materialized (
    select * from {{ ref('int_finding_openings') }}
),

refused_files as (
    select * from {{ ref('int_refused_files') }}
),

across as not materialized (
    select * from {{ ref('int_across_openings') }}
),

rules as (
    select * from {{ ref('rules') }}
),

all_openings as not materialized (
    select * from openings
    union all by name
    select
        feed,
        agency,
        rule_id,
        path as row_key,
        {{ masked_id('path') }} as shown_key,
        1 as opening_no,
        1 as times_seen,
        message_zh,
        file_name,
        opened_on as delivered_on,
        opened_on,
        last_refused_on as last_seen_on,
        closed_on,
        closed_by_file
    from refused_files
    union all by name
    select * from across
),

dated as not materialized (
    select
        *,
        coalesce(closed_on, {{ known_at() }}) - opened_on as days_open,
        concat_ws('|', 'finding', rule_id, feed, row_key, column_name) as finding_text
    from all_openings
),

opened_again as (
    select distinct
        feed,
        rule_id,
        row_key,
        column_name
    from all_openings
    where opening_no > 1
),

-- the newest opening says where the finding was seen last, and whether it is open
lives as (
    select
        dated.*,
        dated.opened_on as first_opened_on,
        1 as times_opened,
        dated.times_seen as deliveries_seen,
        dated.days_open as days_open_ever
    from dated
    anti join opened_again on {{ same_finding('dated', 'opened_again') }}
    union all
    select
        dated.*,
        min(dated.opened_on) over same_finding as first_opened_on,
        count(*) over same_finding as times_opened,
        sum(dated.times_seen) over same_finding as deliveries_seen,
        sum(dated.days_open) over same_finding as days_open_ever
    from dated
    semi join opened_again on {{ same_finding('dated', 'opened_again') }}
    window same_finding as (partition by dated.feed, dated.rule_id, dated.row_key, dated.column_name)
    qualify row_number() over (
        partition by dated.feed, dated.rule_id, dated.row_key, dated.column_name
        order by dated.opening_no desc
    ) = 1
),

-- of the newest file of a name; only a row of a workbook has a sheet
sheets as (
    {{ sheets_of_files() }}
),

final as (
    select
        left({{ person_token('lives.finding_text') }}, 16) as finding_id,
        rules.rule,
        rules.severity,
        coalesce(split_part(lives.feed, '.', 1), lives.agency) as agency,
        lives.feed,
        lives.file_name,
        lives.delivered_on,
        -- a sheet may be called like somebody
        coalesce(left(full_names.name, 1) || '*', {{ sheet_of('sheets.sheets', 'lives.row_no') }}) as sheet,
        {{ row_in_sheet('sheets.sheets', 'lives.row_no') }}::integer as row_no,
        lives.shown_key as row_key,
        lives.column_name,
        lives.message_zh as message,
        rules.action,
        lives.first_opened_on,
        lives.opened_on,
        lives.last_seen_on,
        lives.deliveries_seen::integer as deliveries_seen,
        lives.times_opened::integer as times_opened,
        case
            when lives.closed_on is null then 'open'
            when lives.is_lapsed then 'lapsed'
            else 'mended'
        end as state,
        lives.closed_on,
        lives.closed_by_file,
        lives.days_open::integer as days_open,
        lives.days_open_ever::integer as days_open_ever
    from lives
    inner join rules on lives.rule_id = rules.rule
    left join sheets
        on
            lives.feed = sheets.feed
            and lives.file_name = sheets.file_name
            and lives.delivered_on = sheets.delivered_on
    left join {{ ref('int_full_names') }} as full_names
        on {{ sheet_of('sheets.sheets', 'lives.row_no') }} = full_names.name
    where rules.severity not in ('info', 'off')
)

select * from final
