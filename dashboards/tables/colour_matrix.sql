-- one row per period, township (全区 too) and colour before the window: persons by colour at its end, and the sum
with

shades as (
    select
        listed.*
    from (
        values
        (1, '红', 'dot red'), (2, '橙', 'dot orange'), (3, '黄', 'dot yellow'), (4, '蓝', 'dot blue'),
        (5, '未赋色', 'dot'), (6, '不在册', '')
    ) as listed (place, colour, colour_tone)
),

grid as (
    select
        choices.period_id,
        choices.period_label,
        choices.window_text,
        townships.township_code,
        townships.township_name,
        shades.place,
        shades.colour,
        shades.colour_tone
    from dashboards.main.period_choices as choices
    cross join dashboards.main.township_choices as townships
    cross join shades
),

counted as (
    select
        grid.*,
        coalesce(sum(moves.persons) filter (moves.colour_to = '红'), 0)::integer as to_red,
        coalesce(sum(moves.persons) filter (moves.colour_to = '橙'), 0)::integer as to_orange,
        coalesce(sum(moves.persons) filter (moves.colour_to = '黄'), 0)::integer as to_yellow,
        coalesce(sum(moves.persons) filter (moves.colour_to = '蓝'), 0)::integer as to_blue,
        coalesce(sum(moves.persons) filter (moves.colour_to = '未赋色'), 0)::integer as to_none,
        coalesce(sum(moves.persons) filter (moves.colour_to = '不在册'), 0)::integer as to_off,
        coalesce(sum(moves.persons), 0)::integer as persons
    from grid
    left join dashboards.main.colour_moves as moves
        on
            grid.period_id = moves.period_id
            and grid.township_code is not distinct from moves.township_code
            and grid.colour = moves.colour_from
    group by all
)

select
    *,
    -- a step towards red is bad, one away from it good; coming and going is neither, but for who comes as red
    case when place > 1 and to_red > 0 then 'bad' when place = 1 then 'same' else '' end as red_tone,
    case when place = 1 and to_orange > 0 then 'good' when place in (3, 4) and to_orange > 0 then 'bad'
        when place = 2 then 'same' else '' end as orange_tone,
    case when place in (1, 2) and to_yellow > 0 then 'good' when place = 4 and to_yellow > 0 then 'bad'
        when place = 3 then 'same' else '' end as yellow_tone,
    case when place in (1, 2, 3) and to_blue > 0 then 'good' when place = 4 then 'same' else '' end as blue_tone,
    case when place = 5 then 'same' else '' end as none_tone
from counted
order by period_id, township_code, place
