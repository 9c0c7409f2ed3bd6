with

periods as (
    select * from {{ ref('periods') }}
),

spells as (
    select * from {{ ref('fct_register_spells') }}
),

-- the person's latest spell of the window gives the township
opened as (
    select
        periods.period_id,
        spells.person_key,
        max_by(spells.township_code, (spells.registered_on, spells.register_no)) as township_code
    from periods
    inner join spells on spells.registered_on between periods.starts_on and periods.ends_on
    group by periods.period_id, spells.person_key
),

closed as (
    select
        periods.period_id,
        spells.person_key,
        max_by(spells.township_code, (spells.registered_on, spells.register_no)) as township_code
    from periods
    inner join spells on spells.closed_on between periods.starts_on and periods.ends_on
    group by periods.period_id, spells.person_key
),

opened_counts as (
    select
        period_id,
        township_code,
        count(*) as persons
    from opened
    group by grouping sets ((period_id), (period_id, township_code))
),

closed_counts as (
    select
        period_id,
        township_code,
        null as close_reason,
        count(*) as persons
    from closed
    group by grouping sets ((period_id), (period_id, township_code))
    union all
    -- closed twice, for two reasons: counted under both
    select
        periods.period_id,
        null as township_code,
        spells.close_reason,
        count(distinct spells.person_key) as persons
    from periods
    inner join spells on spells.closed_on between periods.starts_on and periods.ends_on
    group by periods.period_id, spells.close_reason
),

final as (
    {{ figure_cells('opened_counts', 'register.opened', 'persons') }}
    union all
    {{ figure_cells('closed_counts', 'register.closed', 'persons', dimension='close_reason') }}
)

select * from final
