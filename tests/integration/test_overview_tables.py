"""The tables behind 总览 and 重新犯罪: what waits for a decision, how townships work, intervals drawn, cohorts."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from conftest import MakeHome
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.publish import DASHBOARDS_FILE

START, END, LABEL = date(2025, 1, 1), date(2025, 3, 31), "2025年1季度"
CALM = "没有待决事项"
PROCESSES = ("handover_text", "visits_text", "sweeps_text", "plans_text")


@pytest.fixture(scope="module")
def published(made_home: MakeHome) -> duckdb.DuckDBPyConnection:
    """The dashboards' file of the demo feeds."""
    return duckdb.connect(str(made_home(1).home.current / DASHBOARDS_FILE), read_only=True)


def test_what_waits_is_what_the_figures_lack(made_home: MakeHome, published: duckdb.DuckDBPyConnection) -> None:
    """Counts by the pull of the same window, for the district and for every township; nothing waiting is said."""
    made = made_home(1)
    with open_version(made.home, made.vault) as version:
        window = Window.of(START, END, None, version.known_at)
        figures = figures_document(version, window, by_township=True)["figures"]
    by = {(f["id"], f["by"].get("township", "全区")): f for f in figures if set(f["by"]) <= {"township"}}
    shown = {
        (place, matter): amount
        for place, matter, amount in published.execute(
            "select township_name, matter, amount from decisions where period_label = ?", [LABEL]
        ).fetchall()
    }
    places = {place for _, place in by}
    assert {place for place, _ in shown} == places
    for place in places:
        whole, done = by[("visits.rate", place)]["denominator"], by[("visits.rate", place)]["numerator"]
        red = by[("risk.red_with_plan", place)]
        wanted = {
            "走访超期": whole - done,
            "红色对象没有“一人一策”": red["denominator"] - red["numerator"],
            "失联": by[("contact.lost", place)]["value"],
            "应列未列": by[("dual.unlisted", place)]["value"],
            "期满未撤管": by[("register.past_term", place)]["value"],
        }
        for matter, amount in wanted.items():
            assert shown.get((place, matter), 0) == amount, (place, matter)
        waiting = {matter for p, matter in shown if p == place} - {CALM}
        assert ((place, CALM) in shown) == (not waiting), place


def test_townships_are_ranked_by_process(published: duckdb.DuckDBPyConnection) -> None:
    """Everyone has one place; who is nowhere worse and has the same processes stands no lower."""
    names = ["township", "place", *PROCESSES]
    rows = _rows(published, f"select {', '.join(names)} from township_process", "全区")
    assert len(rows) == len({row["township"] for row in rows}) == _count(published, "dim_township")
    assert min(row["place"] for row in rows) == 1
    for one in rows:
        alone = _rows(published, f"select {', '.join(names)} from township_process", one["township"])
        assert alone == [one]
        for other in rows:
            pairs = [(_share(one[p]), _share(other[p])) for p in PROCESSES]
            if all((a is None) == (b is None) and (a is None or b is None or a >= b) for a, b in pairs):
                assert one["place"] <= other["place"], (one, other)


def test_intervals_are_drawn_to_scale(published: duckdb.DuckDBPyConnection) -> None:
    """Within the cell, the rate within its interval, widths in the proportion of the numbers."""
    rows = published.execute(
        "select ci_low, ci_high, value, left_percent, width_percent, at_percent from recidivism_periods"
        " where township_name = '全区' and period_kind = 'quarter'"
    ).fetchall()
    widest = max(high for _, high, *_ in rows)
    for low, high, value, left, width, at in rows:
        assert (left, width, at) == pytest.approx(
            (100 * low / widest, 100 * (high - low) / widest, 100 * value / widest), abs=0.051
        )
    assert len(rows) > 8


def test_cohorts_say_nothing_before_their_time(published: duckdb.DuckDBPyConnection) -> None:
    """The curve has a point where everyone has been followed long enough, and nowhere else."""
    unfinished = published.execute(
        "select count(*) from cohorts inner join cohort_curves using (cohort, horizon_days)"
        " where cohort_curves.observed_incidence is distinct from"
        " case when cohorts.complete then cohorts.km_incidence end"
    ).fetchone()
    counted = published.execute("select count(*) from cohort_curves where horizon_days > 0").fetchone()
    assert unfinished == (0,) and counted == (_count(published, "cohorts"),)


def test_trust_says_what_the_figures_say(published: duckdb.DuckDBPyConnection) -> None:
    """Late feeds and rows of nobody, as counted by the figures on data."""
    said = dict(published.execute("select title, value_text from quality_headline").fetchall())
    ((late, unlinked),) = published.execute(
        "select coalesce(max(value) filter (figure_id = 'data.findings' and member = 'W51'), 0)::integer,"
        " sum(value) filter (figure_id = 'data.unlinked')::integer"
        " from figures where period_kind = 'year_to_date'"
    ).fetchall()
    assert said["逾期未报"] == str(late)
    assert said["未关联到人"] == f"{unlinked:,}"


def _rows(con: duckdb.DuckDBPyConnection, select: str, chosen: str) -> list[dict[str, Any]]:
    result = con.execute(f"{select} where period_label = ? and township_name = ?", [LABEL, chosen])
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


def _share(text: str) -> float | None:
    return None if text == "—" else int(text.split("/")[0]) / int(text.split("/")[1])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
