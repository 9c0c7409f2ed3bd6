"""Rules as a district wants them, through a whole refresh: turned to warn, turned off, measured by other thresholds."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Made, MakeHome, quiet, run_refresh
from desk import csv_bytes
from reentry.figures.document import figures_document
from reentry.figures.published import Version, open_version
from reentry.figures.window import Window
from reentry.precheck import precheck
from reentry.project import SEEDS
from reentry.settings import load_settings
from reentry.store import open_warehouse
from rules.casebook import FIRES, SILENT, TODAY, Casebook, cases, file_of, write_inbox
from rules.files import FILE_PAIRS

SOFTENED = ("B4", "B6", "Q2", "Q3", "Q5")
# new thresholds, and how many findings the rows of the case have then: of those that fire as shipped, of the edge
MEASURED = {
    "W21": ("31", "", 1, 1),  # the edge has 30 days
    "W35": ("4", "", 0, 0),  # the plan came on the fourth day
    "W38": ("19", "", 21, 40),  # twice 20 visits on the edge
    "W42": ("50000.01", "9.99", 0, 0),
    "W46": ("37", "", 0, 0),
}
# findings on the rows that fire as shipped; a visit of Q3 names no dossier: Q1 sets it aside, and then nothing warns
WARNED = {"Q2": cases()["Q2"]["finds"], "Q3": cases()["Q3"]["finds"] - 1, "Q5": cases()["Q5"]["finds"]}
WRONG_TOTAL = ("civil_affairs/relief_20250619.csv", FILE_PAIRS["B4"].bad[1])
RESIDENCE = ["证件号码", "姓名", "核查日期", "状态"]
SHRUNK = ("police/residence_20250619.csv", csv_bytes(RESIDENCE, ["11010519491231002X", "张三", "2025-06-01", "在控"]))


def own_rules() -> list[dict[str, str]]:
    """The lines of the district: what may be off is off, but for what is softened or measured anew."""
    with (SEEDS / "rules.csv").open(encoding="utf-8", newline="") as file:
        may_be = {row["rule"]: row["may_be"].split("|") for row in csv.DictReader(file)}
    lines = [{"rule": rule, "severity": "warn"} for rule in SOFTENED]
    lines += [{"rule": rule, "threshold": m[0], "second_threshold": m[1]} for rule, m in MEASURED.items()]
    return lines + [{"rule": r, "severity": "off"} for r in may_be if "off" in may_be[r] and r not in named(lines)]


def named(lines: list[dict[str, str]]) -> set[str]:
    """The rules that lines are about."""
    return {line["rule"] for line in lines}


@pytest.fixture(scope="module")
def book(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Casebook]:
    """A home with all cases of rows, a file with a wrong total and a shrunk list, under the district's rules."""
    folder = tmp_path_factory.mktemp("district")
    written = write_inbox(folder / "inbox")
    for name, content in (WRONG_TOTAL, SHRUNK):
        (folder / "inbox" / name).write_bytes(content)
    home = folder / "home"
    home.mkdir()
    (home / "reentry.toml").write_text('rules = "rules.csv"\n', encoding="utf-8")
    with (home / "rules.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["rule", "severity", "threshold", "second_threshold"])
        writer.writeheader()
        writer.writerows(own_rules())
    return run_refresh(home, folder / "inbox", TODAY, compiled=made_home(1).home), written


@pytest.fixture(scope="module")
def version(book: tuple[Made, Casebook]) -> Iterator[Version]:
    """What the district has published."""
    with open_version(book[0].home, book[0].vault) as version:
        yield version


def counted(version: Version, written: Casebook, rule: str, side: str) -> int:
    """The findings of a rule on the rows of one side of its case."""
    places = {(p.feed, file_of(p.feed, p.round), p.row_no) for p in written.places[(rule, side)]}
    found = version.con.execute("select feed, file_name, row_no from marts.main.fct_findings where rule = ?", [rule])
    return sum(place in places for place in found.fetchall())


@pytest.mark.parametrize("rule", list(WARNED))
def test_rows_that_only_warn_count(book: tuple[Made, Casebook], version: Version, rule: str) -> None:
    """The findings are those of the rule as shipped, as warnings, and its rows are accepted unless for another rule."""
    made, written = book
    counts = [counted(version, written, rule, side) for side in (FIRES, SILENT)]
    assert counts == [WARNED[rule], 0]
    severities = version.con.execute("select distinct severity from marts.main.fct_findings where rule = ?", [rule])
    assert severities.fetchall() == [("warn",)]
    with open_warehouse(made.home, made.vault, write=False) as con:
        for place in written.places[(rule, FIRES)]:
            at = [file_of(place.feed, place.round), place.row_no]
            kept = con.execute(
                f"select is_quarantined from warehouse.checked.{place.feed.replace('.', '__')} as rows"
                " inner join warehouse.landing.batches using (batch_id) where file_name = ? and row_no = ?",
                at,
            ).fetchall()
            others = con.execute(
                "select count(*) > 0 from warehouse.landing.findings"
                " where severity = 'quarantine' and file_name = ? and row_no = ? and agency || '.' || feed = ?",
                [*at, place.feed],
            ).fetchall()
            assert kept == others, place


@pytest.mark.parametrize(("rule", "file"), [("B4", WRONG_TOTAL), ("B6", SHRUNK)])
def test_files_that_are_not_refused_land(
    book: tuple[Made, Casebook], version: Version, rule: str, file: tuple[str, bytes]
) -> None:
    """The file lands with a warning that stays open, on the agency's record and to be followed up."""
    name = Path(file[0]).name
    rows = file[1].count(b"\n") - 1
    with open_warehouse(book[0].home, book[0].vault, write=False) as con:
        landed = con.execute("select rows_read from warehouse.landing.batches where file_name = ?", [name]).fetchall()
    assert landed == [(rows,)]
    found = "select severity, file_name, row_no from marts.main.fct_findings where rule = ?"
    assert version.con.execute(found, [rule]).fetchall() == [("warn", name, None)]
    life = "select state, opened_on::varchar from marts.main.fct_finding_life where rule = ?"
    assert version.con.execute(life, [rule]).fetchall() == [("open", f"2025-06-{name[-6:-4]}")]
    assert version.con.execute("select count(*) from marts.main.open_findings where rule = ?", [rule]).fetchall() == [
        (1,)
    ]


def test_what_is_foretold_follows_the_district_too(book: tuple[Made, Casebook], tmp_path: Path) -> None:
    """A precheck under the same settings accepts the file with the same warning."""
    settings = load_settings(book[0].home.path)
    path = tmp_path / WRONG_TOTAL[0]
    path.parent.mkdir()
    path.write_bytes(WRONG_TOTAL[1].replace(b"F1", b"F9"))
    said = precheck(book[0].home, settings, path, named="民政/社会救助发放_20250619_2", today=TODAY, progress=quiet)
    assert said.outcome == "accepted"
    assert [(f.rule, f.severity) for f in said.findings] == [("B4", "warn")]


@pytest.mark.parametrize("rule", list(MEASURED))
def test_other_thresholds(book: tuple[Made, Casebook], version: Version, rule: str) -> None:
    """What was beyond is within, or the edge is beyond."""
    assert tuple(counted(version, book[1], rule, side) for side in (FIRES, SILENT)) == MEASURED[rule][2:]


def test_rules_that_are_off_find_nothing(version: Version) -> None:
    """No finding of theirs anywhere; those that may not be changed are as ever; figures and lists agree."""
    found = Counter(row[0] for row in version.con.execute("select rule from marts.main.fct_findings").fetchall())
    assert set(found) == {
        *SOFTENED,
        "Q1",
        "Q4",
        "Q6",
        "Q7",
        "Q8",
        *(rule for rule, m in MEASURED.items() if sum(m[2:])),
        "W42",
    }
    assert found["W42"] == 2  # a payment of a cent, and that of nought, which counts since Q5 only warns
    lives = version.con.execute("select distinct rule from marts.main.fct_finding_life").fetchall()
    assert {rule for (rule,) in lives} == set(found)
    window = Window.of(TODAY, TODAY, None, version.known_at)
    figures = figures_document(version, window, ids=["data.findings"])["figures"]
    by_rule = {f["by"]["rule"]: f["value"] for f in figures if "rule" in f["by"] and f["value"]}
    assert by_rule == found
    by_severity = {f["by"]["severity"]: f["value"] for f in figures if "severity" in f["by"]}
    strict = sum(found[rule] for rule in ("Q1", "Q4", "Q6", "Q7", "Q8"))
    assert by_severity == {"block": 0, "quarantine": strict, "warn": found.total() - strict, "info": 0}
