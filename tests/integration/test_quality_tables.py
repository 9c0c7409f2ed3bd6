"""What the page 数据质量 reads: its numbers are those of the warehouse and of the findings, counted here once more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from test_privacy import made, names, revealed  # noqa: F401 (fixtures)

from conftest import Made
from reentry.contract import feeds
from reentry.figures.published import open_version
from reentry.store import open_warehouse
from served import open_published


@pytest.fixture(scope="module")
def tables(made: Made) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files that the dashboards read."""
    with open_published(made.home) as con:
        yield con


@pytest.fixture(scope="module")
def life(made: Made) -> list[tuple[Any, ...]]:
    """Every finding: agency, feed, state, days open, day of its end."""
    with open_version(made.home, made.vault) as version:
        return version.con.execute(
            "select agency, feed, state, days_open, closed_on, times_opened from marts.main.fct_finding_life"
        ).fetchall()


def test_feeds(made: Made, tables: duckdb.DuckDBPyConnection, life: list[tuple[Any, ...]]) -> None:
    """Every feed of the contract, with its rows as landing and checks counted them."""
    with open_warehouse(made.home, made.vault, write=False) as con:
        landed = {
            (agency, feed): rest
            for agency, feed, *rest in con.execute(
                "select agency, feed, sum(rows_read), sum(rows_accepted), sum(rows_quarantined), sum(rows_skipped),"
                " max(delivered_on) from warehouse.landing.batches group by all"
            ).fetchall()
        }
        repeats = con.execute("select agency, feed, max(delivered_on) from warehouse.landing.repeats group by all")
        for agency, feed, day in repeats.fetchall():
            landed[agency, feed][-1] = max(day, landed[agency, feed][-1])
    shown = tables.execute(
        "select agency_zh, feed_zh, rows_read, rows_accepted, rows_quarantined, rows_skipped, newest_on, age_days,"
        " age_tone, findings_open from quality_feeds order by place"
    ).fetchall()
    assert [row[:2] for row in shown] == [(feed.agency_zh, feed.name_zh) for feed in feeds()]
    for feed, (*_, read, accepted, quarantined, skipped, newest_on, age, tone, still) in zip(
        feeds(), shown, strict=True
    ):
        *counts, newest = landed[feed.agency, feed.name]
        assert [read, accepted, quarantined, skipped] == counts
        assert (newest_on, age) == (str(newest), (made.today - newest).days)
        assert tone == ("bad" if age > 35 else "")
        assert still == sum(row[1] == feed.id and row[2] == "open" for row in life)


def test_record_of_agencies(tables: duckdb.DuckDBPyConnection, life: list[tuple[Any, ...]]) -> None:
    """How many, how many mended, how fast, how often again."""
    names_zh = {feed.agency: feed.agency_zh for feed in feeds()}
    shown = tables.execute(
        "select agency_zh, findings, findings_open, findings_mended, findings_reopened,"
        " mended_text, days_text, quick_text from quality_agencies"
    ).fetchall()
    assert {row[0] for row in shown} == {names_zh.get(row[0], "来源不明") for row in life}
    for agency_zh, *found in shown:
        own = [row for row in life if names_zh.get(row[0], "来源不明") == agency_zh]
        mended = [row[3] for row in own if row[2] == "mended"]
        texts = ["—", "—", "—"]
        if mended:
            quick = sum(days <= 31 for days in mended)
            texts = [
                f"{100 * len(mended) / len(own):.1f}%",
                f"{sum(mended) / len(mended):.1f}",
                f"{100 * quick / len(mended):.1f}%",
            ]
        still = sum(row[2] == "open" for row in own)
        assert found == [len(own), still, len(mended), sum(row[5] > 1 for row in own), *texts]


def test_months_and_rules_add_up(tables: duckdb.DuckDBPyConnection, life: list[tuple[Any, ...]]) -> None:
    """The last month ends with what is open now; the rules add up to all findings; the rows are the open ones."""
    still = sum(row[2] == "open" for row in life)
    months = "select sum(findings_open) from quality_months where month_on = (select max(month_on) from quality_months)"
    assert tables.execute(months).fetchone() == (still,)
    assert tables.execute("select sum(findings_open), sum(findings) from quality_rules").fetchone() == (
        still,
        len(life),
    )
    assert tables.execute("select count(*) from quality_rows").fetchone() == (still,)
    headline = dict(tables.execute("select title, value_text from quality_headline").fetchall())
    assert headline["待整改问题"] == f"{still:,}"


def test_rows_behind_are_masked(tables: duckdb.DuckDBPyConnection, names: set[bytes]) -> None:
    """No id number and no full name in what the page lists row by row."""
    rows = tables.execute("from quality_rows").fetchall()
    assert rows
    assert revealed("\n".join(str(cell) for row in rows for cell in row).encode(), names) == []


def test_data_docs_ask_nothing_outside_and_hold_no_person(made: Made, names: set[bytes]) -> None:
    """Every checked feed is there, in Chinese; no script, no address, no id number, no full name."""
    page = (made.home.checks / "index.html").read_bytes()
    for word in (b"<script", b"http:", b"https:", b"src="):
        assert word not in page
    for feed in feeds():
        assert f"{feed.agency_zh} · {feed.name_zh}".encode() in page
    assert revealed(page, names) == []
