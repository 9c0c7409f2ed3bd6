"""Every rule of the seed fires on the row, file or mart made for it, and is silent on the edge that is still good."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from conftest import Made, MakeHome, run_refresh
from desk import make_desk, xlsx_bytes
from odd_workbooks import DATE, number, odd_workbook
from reentry.build.build import build
from reentry.build.judge import judge
from reentry.definition import GATE, read_definitions
from reentry.figures.published import open_version
from reentry.land import land
from reentry.land.limits import Limits
from reentry.personal_data import PersonalDataError, refuse_personal_data
from reentry.project import SEEDS
from reentry.store import attach, memory_connection
from reentry.vault import open_vault
from rules.casebook import FIRES, SILENT, TODAY, Casebook, Place, cases, file_of, write_inbox
from rules.files import FILE_PAIRS, FilePair

OWN = "铜梁区"
LATE, IN_TIME = "health.counselling", "housing.relief"
OF_FILES = {"W13", "W14", "W39", "W50", "W51"}
OF_WORKBOOKS = {"W17", "W18", "W53"}
# a change of the marts that breaks the gate, and its neighbour that does not
GATES: dict[str, tuple[str, str]] = {
    "G1": (
        "update work.main.stg_batches set rows_read = rows_read + 1 where batch_id = 1",
        "update work.main.stg_batches set rows_read = rows_read + 1, rows_skipped = rows_skipped + 1"
        " where batch_id = 1",
    ),
    "G2": (
        "update marts.main.figures set numerator = numerator + 1 where figure_id = 'visits.count'"
        " and period_id = '2025' and dimension is null and township_code is null",
        "update marts.main.figures set numerator = numerator + 1 where figure_id = 'visits.count'"
        " and period_id = '2025' and dimension is null and coalesce(township_code, '500151001') = '500151001'",
    ),
    "G3": (
        "update marts.main.figures set numerator = numerator + 1 where figure_id = 'register.entered'"
        " and period_id = '2025' and township_code is null",
        "update marts.main.figures set numerator = numerator + 1 where figure_id in ('register.entered',"
        " 'register.left') and period_id = '2025' and township_code is null",
    ),
    "G4": (
        "update marts.main.figures as parts set numerator = wholes.numerator + 1 from marts.main.figures as wholes"
        " where parts.figure_id = 'handover.done' and wholes.figure_id = 'handover.due' and parts.period_id = '2025'"
        " and wholes.period_id = '2025' and parts.township_code is null and wholes.township_code is null",
        "update marts.main.figures as parts set numerator = wholes.numerator from marts.main.figures as wholes"
        " where parts.figure_id = 'handover.done' and wholes.figure_id = 'handover.due' and parts.period_id = '2025'"
        " and wholes.period_id = '2025' and parts.township_code is null and wholes.township_code is null",
    ),
    "G5": (
        "create table marts.main.leak as select '见 50022419800101046X 的材料' as remark",
        "create table marts.main.leak as select '见 50022419800101001X 的材料' as remark",  # a wrong check character
    ),
    "G6": (
        "insert into marts.main.fct_training from marts.main.fct_training limit 1",
        "insert into marts.main.fct_training select * replace ('又一项' as enrolment_no) from marts.main.fct_training"
        " limit 1",
    ),
    "G7": (
        "delete from work.main.stg_batches where feed = 'police.reoffences'",
        "delete from work.main.stg_batches where feed = 'hr.employment'",
    ),
}  # fmt: skip


def seed() -> dict[str, dict[str, str]]:
    """The rules as shipped, by id."""
    with (SEEDS / "rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule"]: row for row in csv.DictReader(file)}


def test_every_rule_has_its_pair() -> None:
    """No rule of the seed without a case that breaks it and one on the edge; no case without a rule."""
    paired = {rule for rule, case in cases().items() if case[FIRES] and case[SILENT]}
    assert set(seed()) == paired | set(FILE_PAIRS) | set(GATES) | OF_FILES | OF_WORKBOOKS | {"B8"}


@pytest.fixture(scope="module")
def book(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Casebook]:
    """One home with all cases of rows, and the files whose own rules are tested, refreshed once."""
    folder = tmp_path_factory.mktemp("rules")
    inbox = folder / "inbox"
    written = write_inbox(inbox)
    _write_files(inbox)
    return run_refresh(folder / "home", inbox, TODAY, compiled=made_home(1).home), written


def _write_files(inbox: Path) -> None:
    """Files that break a rule as a whole, of feeds in which no other case stands."""
    relief = ["发放编号,审批编号,姓名,救助类别,批准日期,发放状态", "F1,S1,张三,住房救助,2025-04-01,2"]
    texts = {
        "housing/relief_20250415.csv": relief,
        "housing/relief_20250515.csv": [relief[0] + ",备用", relief[1] + ",有"],
        "justice/sweeps_20250601.csv": ["镇街,月份,排查人数", "巴川街道,2025-05,3", "安居镇,2025-04,3"],
        "city/benchmarks_20250120.csv": ["区县,季度,在册人数,重新犯罪人数", f"{OWN},2024Q4,2,0"],
        "city/benchmarks_20250420.csv": ["区县,季度,在册人数,重新犯罪人数", f"{OWN},2025Q1,1,0", "大足区,2025Q1,9,9"],
        # two persons at risk in the last quarter of 2024, each for a day; one came too late, one left too early
        "justice/register_20250131.csv": [
            "档案编号,姓名,司法所,列管日期,撤管日期,撤管原因",
            "C1,张三,安居镇,2024-12-31,,",
            "C2,李四,安居镇,2023-01-01,2024-10-01,期满",
            "C3,王五,安居镇,2025-01-01,,",
            "C4,赵六,安居镇,2023-01-01,2024-09-30,期满",
        ],
    }
    _write_workbooks(inbox)
    for day, rows in (("20250410", 10), ("20250512", 13), ("20250514", 17)):
        lines = [f"X{day}{n},张三,2025-04-01" for n in range(rows)]
        texts[f"health/counselling_{day}.csv"] = ["记录编号,姓名,疏导日期", *lines]
    for name, lines in texts.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_workbooks(inbox: Path) -> None:
    """What just breaks the rules of workbooks, and what just does not: a minute earlier, 万 said once, a township."""
    head = ["发放编号", "审批编号", "姓名", "救助类别", "批准日期", "发放状态"]
    folder = inbox / "housing"
    folder.mkdir(exist_ok=True)
    for day, more, last_minute, merged in (
        ("20250520", ["金额（万元）", "发放日期"], 1439, "2025-05-02"),
        ("20250521", ["金额", "镇街"], 1438, "安居镇"),
    ):
        rows: list[list[str]] = [
            [
                "F2",
                "S1",
                "张三",
                "住房救助",
                number(repr(45778 + last_minute / 1440), 1),
                "1",
                number("12345", 2),
                merged,
            ],
            ["F3", "S1", "张三", "住房救助", "2025-05-01", "1", "1", ""],
        ]
        content = odd_workbook([*head, *more], *rows, formats=[DATE, "0!.0000"], merged=["H2:H3"])
        (folder / f"relief_{day}.xlsx").write_bytes(content)


@pytest.fixture(scope="module")
def found(book: tuple[Made, Casebook]) -> dict[str, list[tuple[str, str | None, int | None, str | None]]]:
    """Feed, file, row and key of every published finding, by rule."""
    made, _ = book
    by_rule = defaultdict(list)
    with open_version(made.home, made.vault) as version:
        rows = version.con.execute("select rule, feed, file_name, row_no, key from marts.main.fct_findings").fetchall()
    for rule, *rest in rows:
        by_rule[rule].append(tuple(rest))
    return by_rule


@pytest.mark.parametrize("rule", list(cases()))
def test_a_rule_of_rows(
    book: tuple[Made, Casebook],
    found: dict[str, list[tuple[str, str | None, int | None, str | None]]],
    rule: str,
) -> None:
    """As many findings as the case says on its rows, and none on the rows at the edge."""
    _, written = book
    counts = dict.fromkeys((FIRES, SILENT), 0)
    for feed, file_name, row_no, key in found[rule]:
        for side in counts:
            places: set[Place] = written.places[(rule, side)]
            if row_no is None:
                counts[side] += key in written.keys[(rule, side)]
            else:
                counts[side] += any(
                    (p.feed, file_of(p.feed, p.round), p.row_no) == (feed, file_name, row_no) for p in places
                )
    assert counts == {FIRES: cases()[rule].get("finds", 1), SILENT: 0}


def test_rules_of_files_that_land(
    book: tuple[Made, Casebook], found: dict[str, list[tuple[str, str | None, int | None, str | None]]]
) -> None:
    """W13 beyond three tenths, W14 for the column nobody knows, W39 where nobody swept, W51 after the 35th day."""
    made, _ = book
    files = {rule: {(feed, name) for feed, name, *_ in found[rule]} for rule in OF_FILES}
    assert {name for feed, name in files["W13"] if feed == LATE} == {"counselling_20250514.csv"}
    assert files["W14"] == {(IN_TIME, "relief_20250515.csv")}
    for rule in OF_WORKBOOKS:
        assert {(feed, name) for feed, name, *_ in found[rule]} == {(IN_TIME, "relief_20250520.xlsx")}
    with open_version(made.home, made.vault) as version:
        towns = {row[0] for row in version.con.execute("select township_name from marts.main.dim_township").fetchall()}
    assert {key for *_, key in found["W39"]} == {f"{town}|2025-05" for town in towns - {"巴川街道"}}
    late = {feed for feed, *_ in found["W51"]}
    assert LATE in late
    assert IN_TIME not in late


def test_w50_only_for_a_difference_in_the_last_quarter(book: tuple[Made, Casebook]) -> None:
    """One person more than our own nought; a quarter before the two numbers were ours."""
    made, _ = book
    for known_at, expected in ((TODAY, ["benchmarks_20250420.csv"]), (date(2025, 3, 30), [])):
        with open_version(made.home, made.vault, known_at) as version:
            rows = version.con.execute("select file_name from marts.main.fct_findings where rule = 'W50'").fetchall()
        assert [name for (name,) in rows] == expected


@pytest.mark.parametrize("rule", list(FILE_PAIRS))
def test_a_rule_of_files(tmp_path: Path, rule: str) -> None:
    """The bad file is refused for this rule (or known as a repeat), its twin lands."""
    pair: FilePair = FILE_PAIRS[rule]
    for (name, content), expected in ((pair.bad, {rule}), (pair.good, set())):
        folder = tmp_path / str(len(expected))
        folder.mkdir()
        desk = make_desk(folder)
        if pair.before:
            desk.put(*pair.before)
        desk.put(name, content)
        report = desk.land()
        wrong = {refused.rule for refused in report.refused} | ({"D1"} if report.repeated else set())
        assert wrong == expected
        assert report.landed == 1 + bool(pair.before) - len(expected)


def test_b8_by_rows(tmp_path: Path) -> None:
    """One row too many for a sheet; the largest sheet that may be."""
    few = Limits(rows=4)  # two million would take minutes
    header, row = ["走访编号", "档案编号", "走访日期", "走访方式"], ["D1", "2025-03-01", "1"]
    for rows, rules in ((5, ["B8"]), (4, [])):
        (tmp_path / str(rows)).mkdir()
        desk = make_desk(tmp_path / str(rows))
        desk.put("justice/visits_20250401.xlsx", xlsx_bytes(header, *[[f"V{n}", *row] for n in range(rows)]))
        landed = land(desk.home, open_vault(desk.home.path), desk.inbox, TODAY, desk.said.append, few)
        assert [refused.rule for refused in landed.refused] == rules


@pytest.fixture(scope="module")
def scratch(book: tuple[Made, Casebook]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The databases of a build that is not published."""
    made, _ = book
    build(made.home, made.vault, known_at=made.today, fingerprint="of a test")
    con = memory_connection(made.home)
    attach(con, made.home.warehouse, "warehouse", made.vault, write=False)
    attach(con, made.home.scratch_work, "work", made.vault, write=True)
    attach(con, made.home.scratch_marts, "marts", made.vault, write=True)
    attach(con, made.home.scratch_basis, "basis", made.vault, write=False)
    yield con
    con.close()


@pytest.mark.parametrize("gate", list(GATES))
def test_a_gate(scratch: duckdb.DuckDBPyConnection, gate: str) -> None:
    """Broken by the change made for it, and not by its neighbour."""
    for change, expected in zip(GATES[gate], (True, False), strict=True):
        scratch.execute("begin")
        try:
            changed = scratch.execute(change).fetchall()
            assert changed != [(0,)], "the change touches no row"
            if gate == "G5":  # which writes to another database
                scratch.execute("commit")
            assert _is_broken(scratch, gate) is expected
        finally:
            scratch.execute("drop table marts.main.leak" if gate == "G5" else "rollback")


def _is_broken(con: duckdb.DuckDBPyConnection, gate: str) -> bool:
    if gate == "G5":
        try:
            refuse_personal_data(con, TODAY)
        except PersonalDataError as error:
            assert "leak.remark" in str(error)
            return True
        return False
    mark = "fct_training" if gate == "G6" else f"gate_{gate.lower()}_"
    tests = [d for d in read_definitions(con) if d.kind == GATE and mark in d.name]
    assert tests
    return bool(judge(con, tests))
