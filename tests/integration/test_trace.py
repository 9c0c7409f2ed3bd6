"""Trace: every figure's rows are named and add up to it, by breakdown, township, denominator and day of knowledge."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from test_privacy import ID_NUMBER

from conftest import Made, MakeHome
from reentry.errors import UsageError
from reentry.figures.published import Version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.store import open_warehouse
from reentry.trace import Asked, Trace, open_for_trace, trace, trace_in
from reentry.trace.workbook import write_trace

STARTS_ON, ENDS_ON = date(2025, 1, 1), date(2025, 3, 31)
EARLIER = date(2025, 4, 20)
RATIOS = ("ratio", "rate")
DAYS_OF_A_YEAR = Decimal("365.25")


@pytest.fixture(scope="module")
def made(made_home: MakeHome) -> Made:
    """The demo home."""
    return made_home(1)


@pytest.fixture(scope="module", params=[None, EARLIER], ids=["published", "known-at"])
def opened(made: Made, request: pytest.FixtureRequest) -> Iterator[Version]:
    """The published version, and what was known on an earlier day."""
    with open_for_trace(made.home, made.vault, request.param) as version:
        yield version


def figures(version: Version) -> list[dict[str, Any]]:
    """Every cell of every figure of the quarter, as `reentry figures --by township` gives them."""
    return pull(version, Window.of(STARTS_ON, ENDS_ON, None, version.known_at), by_township=True)


def chosen(version: Version) -> list[tuple[dict[str, Any], str]]:
    """Of each figure and way to break it down the cell with the greatest value; of rates the denominator as well."""
    best: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for figure in figures(version):
        place = (figure["id"], tuple(figure["by"]))
        if place not in best or _size(figure) > _size(best[place]):
            best[place] = figure
    both = {f["id"] for d in version.definitions for f in d.figures if "out_of" in f}
    return [
        (figure, part)
        for figure in best.values()
        for part in ("numerator", "denominator")
        if part == "numerator" or figure["id"] in both
    ]


def _size(figure: dict[str, Any]) -> float:
    return 0 if figure["value"] is None or figure["unit"] == "日期" else float(figure["value"])


def expected(figure: dict[str, Any], part: str) -> Decimal:
    """What the traced rows must add up to, from what `reentry figures` says."""
    if part == "denominator":
        scale = DAYS_OF_A_YEAR if figure["unit"] == "rate" else 1
        return Decimal(round(Decimal(figure["denominator"] or 0) * scale))  # of a rate person-years, counted in days
    if figure["unit"] in RATIOS:
        return Decimal(figure["numerator"] or 0)
    if figure["unit"] == "日期":
        return Decimal(figure["age_days"])
    if figure["unit"] == "人年":
        return Decimal(round(figure["value"] * float(DAYS_OF_A_YEAR)))
    return Decimal(figure["value"] or 0)


def ask(version: Version, figure: dict[str, Any], part: str = "numerator") -> Trace:
    """Traces a cell."""
    return trace_in(version, Asked(figure["id"], STARTS_ON, ENDS_ON, by=figure["by"], part=part))


def test_every_figure_adds_up_and_every_row_is_named(opened: Version) -> None:
    """All families, every breakdown, numerators and denominators."""
    traced = {}
    for figure, part in chosen(opened):
        found = ask(opened, figure, part)
        assert sum(Decimal(row["counts"]) for row in found.rows) == expected(figure, part), (figure["id"], part)
        for row in found.rows:  # a finding that a delivery is missing has no file
            assert row["file"] or figure["id"] == "data.findings", figure["id"]
            assert row["row_no"] or row["feed"] is None or figure["id"].startswith("data."), figure["id"]
            assert row["delivered_on"] is None or date.fromisoformat(row["delivered_on"]) <= opened.known_at
        traced[figure["id"], part] = len(found.rows)
    assert {i for i, _ in traced} == {f["id"] for d in opened.definitions for f in d.figures}
    empty = {i for (i, _), rows in traced.items() if not rows}
    assert len(empty) <= 3, f"the demo has nothing to trace for {empty}"


def test_persons_count_once_each(opened: Version) -> None:
    """A count of persons has as many counting rows as persons, each of them one."""
    for figure_id in ("register.on_register", "recidivism.reoffenders", "relief.persons", "training.persons"):
        figure = next(f for f in figures(opened) if f["id"] == figure_id and not f["by"])
        rows = [row for row in ask(opened, figure).rows if row["counts"]]
        assert [row["counts"] for row in rows] == [1] * figure["value"]


def test_rows_are_those_of_the_files(made: Made) -> None:
    """Under the number given, the agency's file has that very row."""
    with open_for_trace(made.home, made.vault) as version:
        rows = trace_in(version, Asked("relief.payments", STARTS_ON, ENDS_ON)).rows
    in_csv = [r for r in rows if r["feed"] == "civil_affairs.relief" and r["file"].lower().endswith(".csv")]
    assert in_csv
    for row in in_csv:
        (path,) = made.inbox.rglob(row["file"])
        lines = list(csv.reader(io.StringIO(_text(path), newline=""), delimiter=_separator(path)))
        assert row["cells"]["发放编号"] in [cell.strip() for cell in lines[row["row_no"] - 1]]


def _text(path: Path) -> str:
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _separator(path: Path) -> str:
    text = _text(path)
    return max(",\t;", key=text.count)


def test_cells_are_masked(made: Made, tmp_path: Path) -> None:
    """No full name and no id number, in the document or the workbook; without cells there is nothing of a person."""
    asked = Asked("register.on_register", STARTS_ON, ENDS_ON)
    with open_for_trace(made.home, made.vault) as version:
        found = trace_in(version, asked)
        bare = trace_in(version, Asked("register.on_register", STARTS_ON, ENDS_ON, with_cells=False))
    with open_warehouse(made.home, made.vault, write=False) as con:
        names = {n for (n,) in con.execute("select name from warehouse.checked.justice__register").fetchall() if n}
    write_trace(tmp_path / "trace.xlsx", found)
    sheets = load_workbook(tmp_path / "trace.xlsx").worksheets
    cells = {str(value) for sheet in sheets for row in sheet.iter_rows(values_only=True) for value in row}
    assert {row["cells"]["姓名"][-1] for row in found.rows if row["counts"]} == {"*"}
    for texts in (cells, {cell for row in found.rows for cell in row["cells"].values()}):
        assert not texts & names
        assert not any(ID_NUMBER.search(text.encode()) for text in texts)
    assert not any("cells" in row for row in bare.rows)
    assert len(bare.rows) == len(found.rows)


def test_what_has_landed_since_does_not_count(made: Made) -> None:
    """The published version is traced through its own batches: each file named was one of them."""
    found = trace(made.home, made.vault, Asked("risk.colour", STARTS_ON, ENDS_ON, by={"colour": "红"}))
    assert found.document["total"] == found.document["value"] == found.document["units"]
    assert json.dumps(found.rows, ensure_ascii=False)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("relief.grant", STARTS_ON, ENDS_ON), "no figure relief.grant"),
        (Asked("relief.grants", STARTS_ON, ENDS_ON, part="denominator"), "has no denominator"),
        (Asked("relief.grants", STARTS_ON, ENDS_ON, part="half"), "numerator or denominator"),
        (Asked("relief.grants", STARTS_ON, ENDS_ON, by={"relief_type": "无此类"}), "there is"),
        (Asked("relief.grants", STARTS_ON, ENDS_ON, by={"colour": "红"}), "has no colour"),
        (Asked("relief.grants", ENDS_ON, STARTS_ON), "before it starts"),
    ],
)
def test_wrong_questions(made: Made, asked: Asked, said: str) -> None:
    """One clear sentence each."""
    with pytest.raises(UsageError, match=said):
        trace(made.home, made.vault, asked)
