with

periods as (
    select *
    from {{ ref('periods') }}
    where previous_period_id is not null
),

risk_days as (
    select
        *,
        lead(valid_from) over (partition by person_key order by valid_from) as next_from
    from {{ ref('fct_risk_days') }}
),

colours as (
    select * from {{ ref('figures') }}
    where
        figure_id = 'risk.colour'
        and dimension = 'colour'
),

-- whoever leaves the register has the colour of those who are not on it
states as (
    select
        person_key,
        valid_from as turned_on,
        colour,
        township_code
    from risk_days
    union all
    select
        person_key,
        valid_to as turned_on,
        '不在册' as colour,
        township_code
    from risk_days
    where
        valid_to < {{ open_end() }}
        and next_from is distinct from valid_to
),

turns as (
    select
        person_key,
        turned_on,
        colour as colour_to,
        township_code as township_to,
        lag(colour, 1, '不在册') over in_turn as colour_from,
        lag(township_code, 1, township_code) over in_turn as township_from
    from states
    window in_turn as (partition by person_key order by turned_on)
),

-- a window takes a person from what stood before the first turn in it to what stands after the last
moved as (
    select
        periods.period_id,
        turns.person_key,
        arg_min(turns.colour_from, turns.turned_on) as colour_from,
        arg_max(turns.colour_to, turns.turned_on) as colour_to,
        arg_min(turns.township_from, turns.turned_on) as township_from,
        arg_max(turns.township_to, turns.turned_on) as township_to
    from periods
    inner join turns on turns.turned_on between periods.starts_on and periods.ends_on
    where
        turns.colour_from != turns.colour_to
        or turns.township_from != turns.township_to
    group by periods.period_id, turns.person_key
),

placed as (
    select
        period_id,
        colour_from,
        colour_to,
        case colour_to when '不在册' then township_from else township_to end as township_code
    from moved
    where colour_from != colour_to
),

moves as (
    select
        period_id,
        township_code,
        colour_from,
        colour_to,
        count(*) as persons
    from placed
    group by grouping sets (
        (period_id, colour_from, colour_to),
        (period_id, township_code, colour_from, colour_to)
    )
),

-- everyone else of a colour had it before
stays as (
    select
        colours.period_id,
        colours.township_code,
        colours.member as colour_from,
        colours.member as colour_to,
        any_value(colours.numerator)::bigint - coalesce(sum(moves.persons), 0) as persons
    from colours
    inner join periods on colours.period_id = periods.period_id
    left join moves
        on
            colours.period_id = moves.period_id
            and colours.township_code is not distinct from moves.township_code
            and colours.member = moves.colour_to
    group by colours.period_id, colours.township_code, colours.member
),

final as (
    select
        period_id,
        township_code,
        colour_from,
        colour_to,
        persons::bigint as persons
    from moves
    union all
    select
        period_id,
        township_code,
        colour_from,
        colour_to,
        persons::bigint as persons
    from stays
    where persons > 0
)

select * from final
