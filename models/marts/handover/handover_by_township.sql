with

periods as (
    select * from {{ ref('periods') }}
),

releases as (
    select * from {{ ref('fct_releases') }}
),

spells as (
    select * from {{ ref('fct_register_spells') }}
),

handed_over as (
    select
        periods.period_id,
        spells.township_code,
        releases.handed_over_on <= releases.handover_due_on as is_on_time
    from periods
    inner join releases on releases.released_on between periods.starts_on and periods.ends_on
    inner join spells on releases.handover_register_no = spells.register_no
    where
        releases.is_due
        and releases.handed_over_on <= periods.as_of
),

final as (
    select
        period_id,
        township_code,
        count(*)::integer as handed_over,
        (count(*) filter (where is_on_time))::integer as on_time
    from handed_over
    where township_code is not null
    group by period_id, township_code
)

select * from final
