"""Slips to the agencies: every open finding is in the slip of its agency, and what was mended is in the next one."""

from __future__ import annotations

import json
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_privacy import made, names, revealed  # noqa: F401 (fixtures)

from conftest import Made
from reentry import cli
from reentry.audit import entries
from reentry.check.quarantined import quarantined, quarantined_counts, quarantined_page
from reentry.contract import feeds
from reentry.figures.published import open_version
from reentry.rules import rule_texts
from reentry.slips.listing import CASEWORK, DATA, PAGE_ROWS, Wanted, agencies_with_findings, choices, open_findings
from reentry.slips.of_agencies import Slip, slip_of_agency, write_slips
from reentry.slips.of_quarantine import quarantine_workbook

MAY = date(2025, 5, 31)
OF_FILES = {rule for rule, text in rule_texts().items() if text.scope in ("row", "file")}
PLACE = re.compile(r" 第[0-9]+行$")
Line = dict[str, Any]


def lines(path: Path, sheet: str) -> list[Line]:
    """The rows of a sheet below its header, by the names of their columns."""
    rows = list(openpyxl.load_workbook(path)[sheet].values)
    start = next(n for n, row in enumerate(rows) if "规则" in row)
    names = [str(name) for name in rows[start]]
    return [dict(zip(names, row, strict=True)) for row in rows[start + 1 :] if row[1] is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where slips are kept, from one time to the next."""
    return tmp_path_factory.mktemp("slips")


@pytest.fixture(scope="module")
def may(made: Made, folder: Path) -> list[Slip]:
    """The slips as they were written at the end of May."""
    with open_version(made.home, made.vault, MAY) as version:
        return write_slips(version, folder)


@pytest.fixture(scope="module")
def june(made: Made, folder: Path, may: list[Slip]) -> list[Slip]:  # noqa: ARG001 (made first)
    """The next slips."""
    with open_version(made.home, made.vault) as version:
        return write_slips(version, folder)


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)


def test_every_open_finding_is_in_the_slip_of_its_agency(made: Made, june: list[Slip]) -> None:
    """Row for row as the published version has them; the second sheet adds up to the first."""
    with open_version(made.home, made.vault) as version:
        published = version.con.execute(
            "select agency, rule, file_name, coalesce(sheet || ' 第' || row_no || '行', row_no::varchar),"
            " row_key, opened_on from marts.main.fct_finding_life"
            " where state = 'open'"
        ).fetchall()
    for slip in june:
        found = lines(slip.path, "问题清单")
        assert len(found) == slip.open
        written = [(f["规则"], f["文件"], _text(f["行号"]), f["编号"], f["何时起"].date()) for f in found]
        assert sorted(written, key=str) == sorted((row[1:] for row in published if row[0] == slip.agency), key=str)
        assert all(f["怎么办"] == rule_texts()[f["规则"]].mend_zh for f in found)
        assert sum(row["件数"] for row in lines(slip.path, "按规则汇总")) == slip.open
    assert {slip.agency for slip in june} >= {row[0] for row in published}


def test_next_slip_shows_what_was_mended(may: list[Slip], june: list[Slip]) -> None:
    """What was open in May and is not in June is among the mended of June, with the file that did it."""
    before = {slip.agency: slip for slip in may}
    seen = 0
    for slip in june:
        assert slip.since == (MAY if slip.agency in before else None)
        if slip.agency not in before:
            continue
        mended = lines(slip.path, "已整改")
        assert len(mended) == slip.mended
        assert all(f["整改日期"].date() > MAY for f in mended)
        gone = of_files(lines(before[slip.agency].path, "问题清单")) - of_files(lines(slip.path, "问题清单"))
        assert gone <= of_files(mended)
        assert all("_" in f["整改文件"] for f in mended if f["规则"] in OF_FILES)
        seen += len(gone)
    assert seen > 0


def of_files(found: list[Line]) -> set[tuple[Any, ...]]:
    """The findings of rules for files and rows, by what makes them the same finding; those with a key that is shown.

    An id number is not: where it is the key, the place of its row stands instead, which another delivery changes.
    """
    keys = ("报表", "编号", "栏目", "规则")
    shown = [f for f in found if f["规则"] in OF_FILES and f["编号"] and not PLACE.search(f["编号"])]
    return {tuple(f[k] for k in keys) for f in shown}


def test_no_personal_data(june: list[Slip], names: set[bytes]) -> None:
    """No id number and no full name in any cell, whatever stood in the files."""
    for slip in june:
        cells = [cell for sheet in openpyxl.load_workbook(slip.path) for row in sheet.values for cell in row]
        assert revealed("\n".join(map(str, cells)).encode(), names) == []


def test_same_bytes_and_form(made: Made, june: list[Slip], tmp_path: Path) -> None:
    """Made again they are the same bytes; header frozen, filter on, A4 landscape, one page wide."""
    with open_version(made.home, made.vault) as version:
        again = write_slips(version, tmp_path, since=MAY)
    assert [slip.path.read_bytes() for slip in again] == [slip.path.read_bytes() for slip in june]
    for sheet in openpyxl.load_workbook(june[0].path):
        assert sheet.freeze_panes in ("A3", "A4")
        assert sheet.auto_filter.ref
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)


def test_command(made: Made, june: list[Slip], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`reentry slips` says what it wrote."""
    options = ["--home", str(made.home.path), "--out", str(tmp_path), "--since", f"{MAY}", "--json"]
    cli.app(["slips", *options], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert [(s["agency"], s["open"], s["mended"]) for s in said["slips"]] == [
        (s.agency, s.open, s.mended) for s in june
    ]


def test_slips_are_on_the_log(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which agencies, how many rows, as of which day."""
    command = ["slips", "--out", str(tmp_path / "slips"), "--home", str(made.home.path), "--json"]
    cli.app(command, standalone_mode=False)
    written = json.loads(capsys.readouterr().out)["slips"]
    last = entries(made.home)[-1]
    assert last["action"] == "export"
    assert last["about"]["slips"] == [slip["agency_zh"] for slip in written]
    assert last["about"]["rows"] == sum(slip["open"] + slip["mended"] for slip in written) > 0
    assert last["about"]["known_at"] == str(made.today)


def test_pages_have_what_the_workbooks_have(made: Made, june: list[Slip], names: set[bytes]) -> None:
    """Every agency with its counts; all pages together are its sheet; feeds, rules and kinds each add up to it."""
    with open_version(made.home, made.vault) as version:
        listed = {one["agency"]: one for one in agencies_with_findings(version)}
        assert {agency: one["findings"] for agency, one in listed.items()} == {s.agency: s.open for s in june if s.open}
        for slip in june:
            if slip.agency not in listed:
                continue
            wanted = Wanted(str(slip.agency))
            pages = range(1, 2 + slip.open // PAGE_ROWS)
            rows = [row for n in pages for row in open_findings(version, wanted, page=n)["rows"]]
            sheet = lines(slip.path, "问题清单")
            assert [(r["rule"], r["file_name"], r["key"]) for r in rows] == [
                (f["规则"], f["文件"], f["编号"]) for f in sheet
            ]
            assert revealed(str(rows).encode(), names) == []
            of = choices(version, wanted.agency)
            parts = [
                [open_findings(version, Wanted(wanted.agency, rule=r["id"]), page=1)["count"] for r in of["rules"]],
                [open_findings(version, Wanted(wanted.agency, feed=f["id"]), page=1)["count"] for f in of["feeds"]],
                [open_findings(version, Wanted(wanted.agency, kind=k), page=1)["count"] for k in (DATA, CASEWORK)],
            ]
            assert [sum(part) for part in parts] == [slip.open] * 3
            assert parts[0] == [r["findings"] for r in of["rules"]]
            assert parts[2][1] == listed[slip.agency]["casework"]
        one = june[0]
        assert slip_of_agency(version, one.agency, since=MAY)[0] == one.path.read_bytes()


def test_quarantined_rows_page_by_page(made: Made, names: set[bytes]) -> None:
    """All pages of a feed are all its rows, newest first; by rule those of the rule; nobody in page or workbook."""
    counts = quarantined_counts(made.home, made.vault)
    for feed in feeds():
        if feed.id not in counts:
            continue
        rows = quarantined(made.home, made.vault, feed.id)
        assert counts[feed.id][""] == len(rows)
        paged = []
        for first in range(0, len(rows), 20):
            paged += quarantined_page(made.home, made.vault, feed, rule=None, first=first, count=20)
        assert sorted(paged, key=str) == sorted(rows, key=str)
        assert [row.delivered_on for row in paged] == sorted((row.delivered_on for row in rows), reverse=True)
        rule = next(rule for rule in counts[feed.id] if rule)
        of_rule = quarantined_page(made.home, made.vault, feed, rule=rule, first=0, count=len(rows))
        assert len(of_rule) == counts[feed.id][rule]
        assert all(rule in {one for one, _ in row.reasons} for row in of_rule)
        book = openpyxl.load_workbook(BytesIO(quarantine_workbook(feed, rows)))
        cells = [str(cell) for row in book["隔离行"].values for cell in row]
        assert revealed("\n".join([*cells, str(paged)]).encode(), names) == []
