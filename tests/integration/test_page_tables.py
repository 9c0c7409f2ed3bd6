"""The small tables behind the pages' tiles agree with the figures, whose definition stands in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest
import yaml

from conftest import MakeHome
from reentry.project import DASHBOARDS
from served import open_published

COLOUR_MOVES = """
    with moves as (
        select period_id, township_code, colour_to, sum(persons) as persons
        from colour_moves
        where colour_to != '不在册' and period_id in (select period_id from period_choices) -- a year to date is no year
        group by all
    )
    select figures.*, moves.persons
    from (from figures where figure_id = 'risk.colour' and dimension = 'colour' and numerator > 0) as figures
    inner join dim_period on figures.period_id = dim_period.period_id and previous_period_id is not null
    full join moves on figures.period_id = moves.period_id and figures.member = moves.colour_to
        and figures.township_code is not distinct from moves.township_code
    where moves.persons is distinct from figures.numerator
"""
COLOUR_OF_THE_DAY_BEFORE = """
    with moves as (
        select period_id, colour_from, sum(persons) as persons
        from colour_moves where township_code is null and colour_from != '不在册' group by all
    ),
    months as (from dim_period where kind = 'month' and previous_period_id is not null),
    colours as (
        select period_id, member, numerator from figures
        where figure_id = 'risk.colour' and dimension = 'colour' and township_code is null and numerator > 0
    ),
    followed as (
        select months.period_id, colours.member, colours.numerator
        from months
        inner join months as earlier on earlier.ends_on = months.starts_on - 1
        inner join colours on earlier.period_id = colours.period_id
    )
    from followed full join (from moves where period_id in (select period_id from followed)) as moves
        on followed.period_id = moves.period_id and followed.member = moves.colour_from
    where moves.persons is distinct from followed.numerator
"""
LIBRARY = """
    with moves as (
        select
            period_id,
            sum(persons) filter (colour_to in ('红', '橙') and colour_from not in ('红', '橙')) as entered,
            sum(persons) filter (colour_from in ('红', '橙') and colour_to not in ('红', '橙')) as left_again
        from colour_moves where township_code is null group by all
    )
    select figures.*, moves.*
    from figures inner join moves on figures.period_id = moves.period_id
    where figures.township_code is null and (
        figure_id = 'risk.entered' and numerator is distinct from coalesce(entered, 0)
        or figure_id = 'risk.left' and numerator is distinct from coalesce(left_again, 0)
    )
"""
EXPIRING = """
    with ahead as (
        select period_id, township_code, sum(persons) as persons from outlook where milestone = '期满' group by all
    )
    select figures.*, ahead.persons
    from figures
    inner join dim_period on figures.period_id = dim_period.period_id and previous_period_id is not null
    left join ahead on figures.period_id = ahead.period_id
        and figures.township_code is not distinct from ahead.township_code
    where figure_id = 'register.expiring_90' and numerator != coalesce(persons, 0)
"""
TRAINED = """
    select figures.*, trained
    from figures
    inner join dim_period on figures.period_id = dim_period.period_id and previous_period_id is not null
    left join training_chain on figures.period_id = training_chain.period_id
        and figures.township_code is not distinct from training_chain.township_code
    where figure_id = 'training.persons' and numerator != coalesce(trained, 0)
"""
BUDGET = """
    with summed as (
        select period_id, sum(budget_yuan) as budget_yuan, sum(spent_yuan) as spent_yuan from budget_items group by all
    )
    from figures inner join summed on figures.period_id = summed.period_id
    where figure_id = 'budget.budget_yuan' and numerator is distinct from budget_yuan
        or figure_id = 'budget.spent_yuan' and numerator is distinct from spent_yuan
"""
ROSTER = """
    select * from (
        select
            (select count(*) from dual_roster) as listed,
            (select count_if(is_one_sided) from dual_roster) as one_sided
    )
    where listed is distinct from (
        select numerator from figures where figure_id = 'dual.listed'
            and period_id = (select period_id from dim_period where kind = 'year_to_date' order by as_of desc limit 1)
            and township_code is null and dimension is null
    ) or one_sided != coalesce((
        select numerator from figures where figure_id = 'dual.one_sided'
            and period_id = (select period_id from dim_period where kind = 'year_to_date' order by as_of desc limit 1)
            and township_code is null
    ), 0)
"""

BOARD = """
    with named as (
        from (values
            ('due', 'handover.due'), ('done', 'handover.done'), ('on_register', 'register.on_register'),
            ('one_sided', 'dual.one_sided'), ('unlisted', 'dual.unlisted'), ('past_term', 'register.past_term'),
            ('visits', 'visits.count'), ('grants', 'relief.grants'), ('amount_yuan', 'relief.amount_yuan'),
            ('posts_held', 'posts.held'), ('counselling', 'counselling.sessions')
        ) as listed (name, figure_id)
    ),
    wanted as (
        select named.name, figures.*
        from figures inner join named on figures.figure_id = named.figure_id
        where dimension is null and township_code is not null
    ),
    board as (
        unpivot (
            select township_name = '全区' as is_whole, township_code, period_label, columns(
                '^(due|done|on_register|one_sided|unlisted|past_term|visits|grants|amount_yuan|posts_held|counselling)$'
            )::double from township_board
        ) on columns(* exclude (is_whole, township_code, period_label)) into name name value said
    )
    select wanted.figure_id, wanted.period_id, wanted.value, board.*
    from wanted
    full join board on wanted.name = board.name and wanted.period_label = board.period_label
        and wanted.township_code = board.township_code
    where board.said is distinct from wanted.value
"""


@pytest.fixture(scope="module")
def published(made_home: MakeHome) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files that the dashboards read."""
    with open_published(made_home(1).home) as con:
        yield con


@pytest.mark.parametrize(
    "differing",
    [COLOUR_MOVES, COLOUR_OF_THE_DAY_BEFORE, LIBRARY, EXPIRING, TRAINED, BUDGET, ROSTER, BOARD],
    ids=["colours at the end", "colours before", "library", "terms ahead", "training", "budget", "roster", "townships"],
)
def test_tables_of_the_pages_add_up_to_the_figures(published: duckdb.DuckDBPyConnection, differing: str) -> None:
    """Every period, and every township where the figure has them: no row differs."""
    assert published.execute(differing).fetchall() == []


@pytest.mark.parametrize("table", ["colour_moves", "outlook", "training_chain", "budget_items", "dual_roster"])
def test_tables_of_the_pages_are_not_empty(published: duckdb.DuckDBPyConnection, table: str) -> None:
    """The comparison above compares something."""
    assert published.execute(f"select count(*) > 5 from {table}").fetchone() == (True,)


def test_figures_by_township_of_the_pages_alone(published: duckdb.DuckDBPyConnection) -> None:
    """What only pages show by township adds up to the district where every row has a township."""
    rows = published.execute(
        """
        select figure_id, period_id
        from figures
        where figure_id in ('counselling.sessions', 'posts.held', 'relief.payments', 'relief.amount_yuan')
        group by figure_id, period_id, dimension, member
        having sum((case when township_code is null then numerator else -numerator end)::decimal(18, 2)) != 0
        """
    ).fetchall()
    assert rows == []
    (by_township,) = published.execute(
        "select count(distinct figure_id) from figures where figure_id like 'handover.%' and township_code is not null"
    ).fetchall()
    assert by_township == (7,)


def test_every_series_over_time_has_its_colour(published: duckdb.DuckDBPyConnection) -> None:
    """What a chart draws is what its file gives colours to: no colour is left to the order in which series come."""
    drawn = 0
    for path in sorted((DASHBOARDS / "charts").rglob("*.yaml")):
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        if said["dataset"] != "figure_series":
            continue
        wanted = said["where"]["figure_id"]
        series = published.execute(
            "select distinct series from figure_series where list_contains(?, figure_id)",
            [wanted if isinstance(wanted, list) else [wanted]],
        ).fetchall()
        assert {name for (name,) in series} == set(said["colours"]), path.name
        drawn += 1
    assert drawn > 0


def test_a_series_begins_where_its_feed_begins(made_home: MakeHome, published: duckdb.DuckDBPyConnection) -> None:
    """Who should be listed is unknown before the police first delivered who lives where: empty, not nothing."""
    files = [
        path.name for path in made_home(1).inbox.rglob("*") if path.match("residence_*") or path.match("实有人口*")
    ]
    first = min(datetime.strptime(day, "%Y%m%d").date() for name in files for day in re.findall(r"\d{8}", name)[:1])
    assert published.execute("select first_delivered_on from dim_feed where feed = 'police.residence'").fetchall() == [
        (first,)
    ]
    rows = published.execute(
        "select dim_period.as_of, figure_series.value, figures.value from figure_series"
        " inner join figures using (figure_id, township_name, axis_label)"
        " inner join dim_period using (period_id)"
        " where figure_id = 'dual.unlisted' and figures.dimension is null and township_name = '全区'"
    ).fetchall()
    assert {day < first for day, _, _ in rows} == {True, False}
    for day, drawn, value in rows:
        assert drawn == (None if day < first else value), day
