with

releases as (
    select * from {{ ref('stg_corrections__releases') }}
),

persons as (
    select * from {{ ref('int_release_persons') }}
),

handovers as (
    select * from {{ ref('int_handovers') }}
),

release_types as (
    select * from {{ ref('release_type') }}
),

settings as (
    select * from {{ ref('settings') }}
),

-- a household district that was written, and could not be read: W01, or W15 for an Excel error
unread as (
    select distinct
        batch_id,
        row_no
    from {{ source('landing', 'findings') }}
    where
        rule in ('W01', 'W15')
        and column_name = 'household_district'
),

final as (
    select
        releases.release_no,
        persons.person_key,
        releases.released_on,
        releases.release_type,
        releases.assessed_level,
        releases.prior_convictions,
        releases.notified_on,
        releases.household_district,
        handovers.register_no as handover_register_no,
        handovers.handed_over_on,
        handovers.handover_mode,
        handovers.is_key as is_key_spell,
        coalesce(handovers.township_code, releases.household_township) as township_code,
        persons.person_key is not null
        and coalesce(releases.household_district = settings.district_code, unread.batch_id is null) as is_due,
        releases.released_on + settings.handover_days as handover_due_on,
        {{ add_years('releases.released_on', 'release_types.term_years') }} as term_ends_on
    from releases
    inner join release_types on releases.release_type = release_types.code
    cross join settings
    inner join persons on releases.release_no = persons.release_no
    left join handovers on releases.release_no = handovers.release_no
    left join unread
        on
            releases.batch_id = unread.batch_id
            and releases.row_no = unread.row_no
)

select * from final
