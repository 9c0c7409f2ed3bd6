{%- set stretches_ahead = {30: 0, 60: 31, 90: 61} -%}
{%- set whole = ['milestone', 'within_days'] -%}
with

periods as (
    select *
    from {{ ref('periods') }}
    where previous_period_id is not null
),

term_days as (
    select * from {{ ref('fct_term_days') }}
),

releases as (
    select * from {{ ref('fct_releases') }}
),

-- what lies ahead on the days of a segment; where nobody knows the township, in none
ahead as (
    select
        '期满' as milestone,
        township_code,
        term_ends_on as milestone_on,
        valid_from,
        valid_to
    from term_days
    union all
    select
        '释放' as milestone,
        coalesce(township_code, '') as township_code,
        released_on as milestone_on,
        coalesce(notified_on, date '0001-01-01') as valid_from,
        released_on as valid_to
    from releases
    where is_due
),

stretches as (
    {%- for last_day, first_day in stretches_ahead.items() %}
        select
            milestone,
            {{ last_day }} as within_days,
            township_code,
            greatest(valid_from, milestone_on - {{ last_day }}) as valid_from,
            least(valid_to, milestone_on - {{ first_day }} + 1) as valid_to
        from ahead
        where
            greatest(valid_from, milestone_on - {{ last_day }})
            < least(valid_to, milestone_on - {{ first_day }} + 1)
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

changes as (
    {{ changes_of('stretches', whole + ['township_code']) }}
),

standing as (
    {{ standing_at('changes', cuts=[whole, whole + ['township_code']]) }}
),

final as (
    select
        period_id,
        township_code,
        milestone,
        within_days,
        persons::bigint as persons
    from standing
    where
        persons > 0
        and township_code is distinct from ''
)

select * from final
