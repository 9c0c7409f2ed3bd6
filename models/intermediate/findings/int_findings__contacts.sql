with

visits as not materialized (
    select * from {{ ref('stg_justice__visits') }}
),

assessments as not materialized (
    select * from {{ ref('stg_justice__risk_assessments') }}
),

register as not materialized (
    select * from {{ ref('stg_justice__register') }}
),

sweeps as (
    select * from {{ ref('stg_justice__sweeps') }}
),

townships as (
    select * from {{ ref('dim_township') }}
),

without_plan as (
    select *
    from assessments
    where
        -- 1 红
        colour = '1'
        and coalesce(plan_on, {{ known_at() }}) > assessed_on + {{ threshold('W35') }}
),

crowded_days as (
    select
        register.township,
        visits.visited_on,
        visits.visitor
    from visits
    inner join register on visits.register_no = register.register_no
    where visits.visitor is not null
    group by register.township, visits.visited_on, visits.visitor
    having count(*) > {{ threshold('W38') }}
),

-- (a semi join: an inner one would be made with the register first, by township alone)
crowded as (
    select visits.*
    from visits
    inner join register on visits.register_no = register.register_no
    semi join crowded_days
        on
            register.township = crowded_days.township
            and visits.visited_on = crowded_days.visited_on
            and visits.visitor = crowded_days.visitor
),

-- the month that ended last
months as (
    select (date_trunc('month', {{ known_at() }} + 1) - interval 1 month)::date as month_on
),

unswept as (
    select
        null::integer as batch_id,
        null::integer as row_no,
        townships.township_name || '|' || strftime(months.month_on, '%Y-%m') as row_key,
        last_day(months.month_on) as due_on
    from townships
    cross join months
    left join sweeps
        on
            townships.township_code = sweeps.township
            and months.month_on = sweeps.month
    where sweeps.township is null
),

lone_visits as (
    select *
    from visits
    where register_no not in (select register.register_no from register)
),

misfiled as (
    select *
    from assessments
    where register_no not in (select register.register_no from register)
),

final as (
    {{ finding(
        'W35', "'justice.risk_assessments'", 'without_plan', 'assessment_no',
        column='plan_on', since='assessed_on + 1 + ' ~ threshold('W35')
    ) }}
    union all
    {{ finding('W38', "'justice.visits'", 'crowded', 'visit_no', column='visited_on') }}
    union all
    {{ finding('W39', "'justice.sweeps'", 'unswept', 'row_key', since='due_on') }}
    union all
    {{ finding('W49', "'justice.visits'", 'lone_visits', 'visit_no', column='register_no') }}
    union all
    {{ finding(
        'W49', "'justice.risk_assessments'", 'misfiled', 'assessment_no',
        column='register_no'
    ) }}
)

select * from final
