"""The published figures of the dashboards: for any period of the calendar what a pull of that window says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest

from conftest import MakeHome
from reentry.figures.calendar import WHOLE
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.status import status
from reentry.figures.window import Window

PERIODS = ("2025-YTD", "2025-Q1", "2025-Q2", "2024-H2", "2024", "2024-02", "2023-05")
NUMBERS = ("value", "previous", "change", "p_value", "previous_same_lag", "note_zh")
FEW_ROWS = 400


@pytest.fixture(scope="module")
def published(made_home: MakeHome) -> duckdb.DuckDBPyConnection:
    """The published file of the demo feeds."""
    return duckdb.connect(str(made_home(1).home.current / "dashboards.duckdb"), read_only=True)


@pytest.mark.parametrize("period", PERIODS)
def test_a_period_says_what_a_pull_says(made_home: MakeHome, published: duckdb.DuckDBPyConnection, period: str) -> None:
    """Every cell of the pull has its row, no row is without a cell, and every number is the same to the last digit."""
    made = made_home(1)
    rows = published.execute("from figures where period_id = ?", [period])
    names = [column[0] for column in rows.description]
    shown = {_key(row): row for row in (dict(zip(names, values, strict=True)) for values in rows.fetchall())}
    some = next(iter(shown.values()))
    with open_version(made.home, made.vault) as version:
        window = Window.of(some["starts_on"], some["ends_on"], some["as_of"], version.known_at)
        pulled = figures_document(version, window, by_township=True)["figures"]
        known = {f["id"]: f for d in version.definitions for f in d.figures}
    on_pages = [key for key in shown if _by(key) in known[key[0]].get("breakdowns_on_pages", [])]
    assert len(pulled) > FEW_ROWS and len(shown) == len(pulled) + len(on_pages)
    for figure in pulled:
        row = shown[(figure["id"], *_named(figure["by"]))]
        for name in NUMBERS:
            assert row[name] == _number(figure.get(name)), (figure["id"], figure["by"], name)
        assert (row["ci_low"], row["ci_high"]) == tuple(figure.get("ci95") or (None, None))
        if "numerator" in figure and figure["unit"] != "rate":
            assert (row["numerator"], row["denominator"] or 0) == (figure["numerator"], figure["denominator"] or 0)


def test_texts_are_as_printed(published: duckdb.DuckDBPyConnection) -> None:
    """Percent with one decimal, 万元 with two, words in the place of a change, n/N, window and 截至."""
    found = {
        unit: published.execute(
            "select value, value_text, parts_text, numerator, denominator, wan_yuan_text, window_text"
            " from figures where unit = ? and value > 0 and period_id = '2025-Q2' order by value desc limit 1",
            [unit],
        ).fetchall()[0]
        for unit in ("ratio", "元", "人")
    }
    share = found["ratio"]
    assert share[1] == f"{share[0] * 100:.1f}%" and share[2] == f"{int(share[3]):,}/{int(share[4]):,}"
    assert found["元"][1] == f"{found['元'][0]:,.2f}" and found["元"][5] == f"{found['元'][0] / 10000:,.2f}"
    assert found["人"][1] == f"{int(found['人'][0]):,}" and found["人"][2] is None
    assert found["人"][6] == "2025-04-01 至 2025-06-30，截至 2025-06-19"
    words = published.execute("select distinct change_text from figures where change is null and value + previous >= 0")
    assert {word for (word,) in words.fetchall()} >= {"持平", "上年同期为0，不计算同比"}
    points = published.execute(
        "select change_text, value - previous from figures where unit = 'ratio' and previous is not null"
        " and value is not null and abs(value - previous) > 0.0006"
    ).fetchall()
    assert points
    for text, difference in points:
        size = Decimal(str(abs(difference) * 100)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        assert text == f"{'−' if difference < 0 else '+'}{size}个百分点"
    few = published.execute(
        "select change_text from figures where unit = '人' and least(value, previous) < 10 and change is not null"
        " and value != previous"
    ).fetchall()
    assert few and all(text.endswith("人") for (text,) in few)


def test_what_figures_say_beside_their_value(made_home: MakeHome, published: duckdb.DuckDBPyConnection) -> None:
    """The city's figures name their quarter, with the own rate of it; spending its day, as the pull of the window."""
    made = made_home(1)
    with open_version(made.home, made.vault) as version:
        for period, starts_on, ends_on in (
            ("2024", date(2024, 1, 1), date(2024, 12, 31)),
            ("2025-Q1", date(2025, 1, 1), date(2025, 3, 31)),
        ):
            window = Window.of(starts_on, ends_on, None, version.known_at)
            pulled = {f["id"]: f for f in figures_document(version, window)["figures"] if not f["by"]}
            beside = dict(
                published.execute(
                    "select figure_id, beside_text from figures where period_id = ? and beside_text is not null",
                    [period],
                ).fetchall()
            )
            year, quarter = pulled["city.rate"]["quarter"].split("Q")
            last = date(int(year), int(quarter) * 3, 30 if quarter in "23" else 31)
            own = figures_document(
                version, Window.of(date(last.year, last.month - 2, 1), last, None, version.known_at),
                ids=["recidivism.rate"],
            )["figures"][0]  # fmt: skip
            assert beside["city.rank"] == beside["city.rate"]
            assert beside["city.rate"].startswith(f"{year}年{'一二三四'[int(quarter) - 1]}季度")
            assert f"（{own['numerator']:,}/{own['denominator']:,}）" in beside["city.rate"]
            assert f"支出截至 {pulled['budget.spent_yuan']['spent_as_of']}" in beside["budget.spent_yuan"]
            assert pulled["budget.spent_yuan"]["spent_as_of"] <= str(ends_on)


def test_status_counts_days_to_the_day_of_looking(made_home: MakeHome) -> None:
    """A month later every feed is a month older, though nothing was built since."""
    made = made_home(1)
    feeds = status(made.home, made.vault, made.today + timedelta(days=31))["feeds"]
    assert feeds and all(said["days_ago"] == said["age_days"] + 31 for said in feeds.values())


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    place = None if row["township_name"] == WHOLE else row["township_name"]
    return row["figure_id"], place, row["feed"], row["dimension"], row["member"]


def _named(by: dict[str, str]) -> tuple[Any, ...]:
    rest = [(k, v) for k, v in by.items() if k not in ("township", "feed")]
    dimension, member = rest[0] if rest else (None, None)
    return by.get("township"), by.get("feed"), dimension, member


def _by(key: tuple[Any, ...]) -> list[str]:
    """The breakdown of a key, as the figures' yml names it."""
    return ["township"] * (key[1] is not None) + ["feed"] * (key[2] is not None) + [key[3]] * (key[3] is not None)


def _number(value: Any) -> Any:
    """Money is text in a pull; a date has no number."""
    if isinstance(value, str) and not _is_date(value) and "." in value:
        return float(value)
    return None if isinstance(value, str) and _is_date(value) else value


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
