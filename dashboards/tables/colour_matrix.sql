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

-- among the four colours a step up is bad and one down is good; who comes from elsewhere is neither
select
    *,
    case when place = 1 then 'same' when to_red = 0 then 'zero' when place <= 4 then 'bad' else '' end as red_tone,
    case
        when place = 2 then 'same' when to_orange = 0 then 'zero' when place < 2 then 'good' when place <= 4 then 'bad'
        else ''
    end as orange_tone,
    case
        when place = 3 then 'same' when to_yellow = 0 then 'zero' when place < 3 then 'good' when place <= 4 then 'bad'
        else ''
    end as yellow_tone,
    case when place = 4 then 'same' when to_blue = 0 then 'zero' when place < 4 then 'good' else '' end as blue_tone,
    case when place = 5 then 'same' when to_none = 0 then 'zero' else '' end as none_tone,
    case when to_off = 0 then 'zero' else '' end as off_tone
from counted
