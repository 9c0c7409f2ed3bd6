with

landed as (
    select *
    from {{ source('landing', 'findings') }}
    where coalesce(found_on <= {{ known_at() }}, true)
),

-- rows set aside after their delivery was checked: what was a warning then is none now
set_aside as (
    select distinct
        batch_id,
        row_no
    from landed
    where found_on is not null
),

final as (
    select
        landed.rule,
        landed.severity,
        landed.agency,
        landed.feed,
        -- of a file that fits no feed anything may stand in its name
        {{ masked_id('landed.file_name') }} as file_name,
        landed.delivered_on,
        landed.row_no,
        landed.key,
        landed.column_name,
        landed.message,
        landed.action,
        landed.batch_id
    from landed
    left join set_aside
        on
            landed.batch_id = set_aside.batch_id
            and landed.row_no = set_aside.row_no
    where
        landed.severity != 'warn'
        or set_aside.batch_id is null
)

select * from final
