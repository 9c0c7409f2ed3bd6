with

release_rows as (
    select
        rows_in_force.*,
        releases.person_key,
        releases.is_due,
        releases.handover_register_no,
        releases.handed_over_on,
        releases.handover_due_on
    from {{ ref('stg_corrections__releases') }} as rows_in_force
    inner join {{ ref('fct_releases') }} as releases on rows_in_force.release_no = releases.release_no
),

register as (
    select * from {{ ref('stg_justice__register') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

released_twice as (
    select *
    from release_rows
    where person_key is not null
    qualify count(*) over (partition by person_key, released_on) > 1
),

short_notice as (
    select *
    from release_rows
    where released_on - notified_on < {{ threshold('W21') }}
),

-- left when the register was delivered last, and still not in it
not_handed_over as (
    select *
    from release_rows
    where
        is_due
        and handed_over_on is null
        and handover_due_on < (
            select max(deliveries.delivered_on)
            from deliveries
            where deliveries.feed = 'justice.register'
        )
),

handed_over_late as (
    select *
    from register
    where
        register_no in (
            select release_rows.handover_register_no
            from release_rows
            where release_rows.handed_over_on > release_rows.handover_due_on
        )
),

final as (
    {{ finding('W20', "'corrections.releases'", 'released_twice', 'release_no') }}
    union all
    {{ finding(
        'W21', "'corrections.releases'", 'short_notice', 'release_no',
        column='notified_on'
    ) }}
    union all
    {{ finding(
        'W22', "'corrections.releases'", 'not_handed_over', 'release_no',
        since='handover_due_on + 1'
    ) }}
    union all
    {{ finding(
        'W23', "'justice.register'", 'handed_over_late', 'register_no',
        column='handed_over_on'
    ) }}
)

select * from final
