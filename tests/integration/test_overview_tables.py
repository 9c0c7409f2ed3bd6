"""The tables behind 总览 and 重新犯罪: what waits for a decision, how townships work, intervals drawn, cohorts."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import mean, median
from typing import Any

import duckdb
import pytest

from conftest import MakeHome
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.publish import DASHBOARDS_FILE

START, END, LABEL = date(2025, 1, 1), date(2025, 3, 31), "2025年一季度"
CALM = "没有待决事项"
PROCESSES = {"handover": "按期衔接", "visits": "走访按期率", "sweeps": "动态排查完成率", "plans": "红色已定一人一策"}
FLOORS = {"handover": 80, "visits": 80, "sweeps": 80, "plans": 100}
LEAST = 5  # cases below which a process counts nowhere
WHOLE = 100
FIVE_YEARS = 1825


@pytest.fixture(scope="module")
def published(made_home: MakeHome) -> duckdb.DuckDBPyConnection:
    """The dashboards' file of the demo feeds."""
    return duckdb.connect(str(made_home(1).home.current / DASHBOARDS_FILE), read_only=True)


def test_what_waits_is_what_the_figures_lack(made_home: MakeHome, published: duckdb.DuckDBPyConnection) -> None:
    """Counts as of the newest data, for the district and for every township; nothing waiting is said."""
    made = made_home(1)
    with open_version(made.home, made.vault) as version:
        window = Window.of(START, version.known_at, None, version.known_at)
        figures = figures_document(version, window, by_township=True)["figures"]
    by = {(f["id"], f["by"].get("township", "全区")): f for f in figures if set(f["by"]) <= {"township"}}
    shown = {
        (place, matter): amount
        for place, matter, amount in published.execute("select township_name, matter, amount from decisions").fetchall()
    }
    places = {place for _, place in by}
    assert {place for place, _ in shown} == places
    for place in places:
        whole, done = by[("visits.rate", place)]["denominator"], by[("visits.rate", place)]["numerator"]
        red = by[("risk.red_with_plan", place)]
        wanted = {
            "走访超期": whole - done,
            "红色未定一人一策": red["denominator"] - red["numerator"],
            "失联": by[("contact.lost", place)]["value"],
            "应列未列": by[("dual.unlisted", place)]["value"],
            "期满未撤管": by[("register.past_term", place)]["value"],
        }
        for matter, amount in wanted.items():
            assert shown.get((place, matter), 0) == amount, (place, matter)
        waiting = {matter for p, matter in shown if p == place} - {CALM}
        assert ((place, CALM) in shown) == (not waiting), place


def test_townships_are_ranked_by_process(published: duckdb.DuckDBPyConnection) -> None:
    """Fewer processes below their floor first, then the mean share of those with five cases or more; from the parts."""
    rows = {row["township"]: row for row in _rows(published, "select * from township_process", "全区")}
    assert len(rows) == _count(published, "dim_township")
    lows = {name: [p for p, share in _counted(row).items() if share < FLOORS[p]] for name, row in rows.items()}
    scores = {name: mean(shares.values()) if (shares := _counted(row)) else None for name, row in rows.items()}
    keys = {name: (len(lows[name]), -_rounded(score)) for name, score in scores.items() if score is not None}
    some_few = False
    for name, row in rows.items():
        place = sum(key < keys[name] for key in keys.values()) + 1 if name in keys else None
        assert row["place"] == place, name
        assert row["score_text"] == (f"{_rounded(score):.1f}" if (score := scores[name]) is not None else "—")
        assert set(filter(None, row["low_text"].removesuffix("偏低").split("、"))) == {PROCESSES[p] for p in lows[name]}
        grade = "none" if place is None else ("well", "some")[len(lows[name])] if len(lows[name]) < 2 else "much"
        assert row["grade"] == grade, name
        few = {p for p in PROCESSES if row[f"{p}_tone"] == "few"}
        assert few == set(PROCESSES) - set(_counted(row)) and all(row[f"{p}_percent"] == "" for p in few)
        some_few |= any(row[f"{p}_parts"] != "—" for p in few)
    assert some_few and len({row["grade"] for row in rows.values()}) > 1


def test_what_costs_most_is_the_share_that_lacks_most(published: duckdb.DuckDBPyConnection) -> None:
    """Of the processes that count, by how much it takes the score down; nothing where nothing lacks."""
    for row in _rows(published, "select * from township_process", "全区"):
        shares = _counted(row)
        lost = {p: (WHOLE - share) / len(shares) for p, share in shares.items() if share < WHOLE}
        if not lost:
            assert row["worst_text"] == ""
            continue
        name, points = row["worst_text"].split(" −")
        assert float(points) == pytest.approx(float(max(lost.values())), abs=0.051)
        assert name in {PROCESSES[p] for p, amount in lost.items() if amount == max(lost.values())}


def test_a_township_alone_sees_its_place_among_all_and_the_middle(published: duckdb.DuckDBPyConnection) -> None:
    """The same row with the number of places, and one of medians, which carries the township's own code."""
    rows = _rows(published, "select * from township_process", "全区")
    ranked = [row for row in rows if row["place"] is not None]
    for row in rows:
        alone, middle = _rows(published, "select * from township_process order by is_middle", row["township"])
        assert alone["place_text"] == (f"{row['place']}/{len(ranked)}" if row["place"] else "—")
        assert {k: alone[k] for k in alone if k not in ("township_name", "place_text")} == {
            k: row[k] for k in row if k not in ("township_name", "place_text")
        }
        assert middle["township_code"] == row["township_code"] and middle["place_text"] == ""
        assert middle["score"] == pytest.approx(median(r["score"] for r in ranked), abs=0.11)


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
    """A field has a share where everyone has been followed long enough, and nowhere else; none without a field."""
    known = published.execute("select cohort, horizon_days, complete, km_incidence, km_lo, n from cohorts").fetchall()
    latest = sorted({cohort for cohort, _, complete, *_ in known if complete})[-16:]
    drawn = published.execute("select * from cohort_horizons order by cohort")
    names = [column[0] for column in drawn.description]
    rows = {row["cohort"]: row for row in (dict(zip(names, values, strict=True)) for values in drawn.fetchall())}
    assert sorted(rows) == latest
    for cohort, days, complete, incidence, low, n in known:
        if cohort not in rows or days == FIVE_YEARS:
            continue
        share, band = rows[cohort][f"h{days}_share"], rows[cohort][f"h{days}_band"]
        assert rows[cohort]["n"] == n
        assert (share is not None) == complete, (cohort, days)
        if complete:
            assert float(share.removesuffix("%")) == pytest.approx(100 * incidence, abs=0.051)
            assert bool(band) == (low is not None)
    assert any(row["h183_share"] and not row["h1095_share"] for row in rows.values())


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
    head, order, by = select.partition(" order by ")
    result = con.execute(f"{head} where period_label = ? and township_name = ?{order}{by}", [LABEL, chosen])
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


def _counted(row: dict[str, Any]) -> dict[str, Fraction]:
    """The shares in percent of the processes with five cases or more, from a row's parts."""
    parts = {p: row[f"{p}_parts"].split("/") for p in PROCESSES if row[f"{p}_parts"] not in (None, "—")}
    return {p: Fraction(WHOLE * int(done), int(due)) for p, (done, due) in parts.items() if int(due) >= LEAST}


def _rounded(value: Fraction) -> Decimal:
    """Half away from zero, to one decimal."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def test_the_verdict_follows_its_grounds(published: duckdb.DuckDBPyConnection) -> None:
    """The worst ground decides, each by its written limits, from the feeds' table and the city's bulletin."""
    shown = {
        (place, number): (judgement, said)
        for place, number, judgement, said in published.execute(
            "select township_name, place, judgement, said from trust"
        ).fetchall()
    }
    ((late, never, set_aside, read),) = published.execute(
        "select count(*) filter (age_days > rhythm_days), count(*) filter (age_days is null),"
        " sum(rows_quarantined), sum(rows_accepted + rows_quarantined) from quality_feeds"
    ).fetchall()
    ((hard,),) = published.execute(
        "select count(*) from (select bool_or(limit_passed = 'hard') as differs from official_returns"
        " group by quarter order by quarter desc limit 4) where differs"
    ).fetchall()
    measured = {1: (late, 0, 3), 2: (never, 0, 3), 3: (100 * set_aside / read, 1, 5), 4: (hard, 0, 3)}
    words = ("可信", "有保留", "须核实")
    doubts = {place: sum(value > limit for limit in limits) for place, (value, *limits) in measured.items()}
    for place, doubt in doubts.items():
        assert shown[("全区", place)][0] == words[doubt], place
    assert shown[("全区", 0)][0] == ("可信", "基本可信，有保留", "须核实后使用")[max(doubts.values())]
    townships = {place for place, _ in shown} - {"全区"}
    assert len(townships) == _count(published, "dim_township")
    for township in townships:
        own, _ = shown[(township, 5)]
        worst = max([*doubts.values(), words.index(own)])
        assert shown[(township, 0)][0] == ("可信", "基本可信，有保留", "须核实后使用")[worst], township
        assert ("本镇街台账" in shown[(township, 0)][1]) == (own != "可信")
