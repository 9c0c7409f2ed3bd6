with

-- the two days that are compared, the earlier one first; a window cut off before its start runs backward
windows as (
    select
        period_id,
        least(starts_on - 1, ends_on) as early_on,
        greatest(starts_on - 1, ends_on) as late_on,
        starts_on - 1 <= ends_on as runs_forward
    from {{ ref('periods') }}
),

register_days as (
    select * from {{ ref('fct_register_days') }}
),

-- there on the later day by a segment begun since, and on the earlier day not at all
came as (
    select
        windows.period_id,
        windows.runs_forward as has_entered
    from windows
    inner join register_days
        on
            windows.early_on < register_days.valid_from
            and windows.late_on >= register_days.valid_from
            and windows.late_on < register_days.valid_to
    left join register_days as stays
        on
            register_days.person_key = stays.person_key
            and windows.early_on >= stays.valid_from
            and windows.early_on < stays.valid_to
    where stays.person_key is null
),

went as (
    select
        windows.period_id,
        not windows.runs_forward as has_entered
    from windows
    inner join register_days
        on
            windows.early_on >= register_days.valid_from
            and windows.early_on < register_days.valid_to
            and windows.late_on >= register_days.valid_to
    left join register_days as stays
        on
            register_days.person_key = stays.person_key
            and windows.late_on >= stays.valid_from
            and windows.late_on < stays.valid_to
    where stays.person_key is null
),

counted as (
    select
        period_id,
        count(*) filter (where has_entered) as entered,
        count(*) filter (where not has_entered) as departed
    from (
        select * from came
        union all
        select * from went
    ) as movements
    group by period_id
),

final as (
    {{ figure_cells('counted', 'register.entered', 'entered', township='null') }}
    union all
    {{ figure_cells('counted', 'register.left', 'departed', township='null') }}
)

select * from final
