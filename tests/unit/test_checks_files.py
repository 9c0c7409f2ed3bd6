"""Rules on files and between deliveries, and what a check writes."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from desk import REGISTER, make_desk
from landed import GOOD, Batch, Found, LandedHome
from reentry.check import check, quarantined
from reentry.check.quarantined import BEYOND_HEADER, WHOLE_LINE
from reentry.errors import UsageError
from reentry.settings import Settings
from reentry.vault import open_vault

REG, VIS, OFF, RES = "justice.register", "justice.visits", "police.reoffences", "police.residence"


@pytest.fixture
def home(tmp_path: Path) -> LandedHome:
    """An empty home."""
    return LandedHome(tmp_path)


def dossiers(*numbers: str, bad: tuple[str, ...] = ()) -> list[dict[str, str | None]]:
    """Register rows with these numbers; ``bad`` ones will be quarantined."""
    return [{**GOOD[REG], "register_no": n, "name": "" if n in bad else "张三"} for n in numbers]


def gone(home: LandedHome, batch_id: int) -> set[str]:
    """Keys that W12 reports for a batch."""
    rows = home.rows("select key, row_no from warehouse.landing.findings where rule = 'W12' and batch_id = ?", batch_id)
    assert all(row_no is None for _, row_no in rows)
    return {key for key, _ in rows}


def test_the_last_row_of_a_key_counts(home: LandedHome) -> None:
    good = GOOD[VIS]
    rows: list[dict[str, str | None]] = [
        {**good, "visit_no": "A"},
        {**good, "visit_no": "B"},
        {**good, "visit_no": " Ａ\u3000"},
        {**good, "visit_no": "A"},
        {**good, "visit_no": "B", "visited_on": ""},  # quarantined: it replaces nothing
        {**good, "visit_no": "C"},
        {"visit_no": "C", "withdrawn": "是"},
    ]
    home.land(1, Batch(VIS, rows))
    home.land(2, Batch(VIS, rows[:1] + rows[5:6] * 3, delivered_on=date(2025, 7, 1)))
    home.check()
    assert home.findings(1) == {Found("W11", 2), Found("W11", 4), Found("W11", 7), Found("Q1", 6, "visited_on")}
    assert home.findings(2) == {Found("W11", 3), Found("W11", 4), Found("W13", None)}


def test_gone_keys(home: LandedHome) -> None:
    home.land(1, Batch(REG, dossiers("A", "B", "C", "D", "X", bad=("X",)), date(2025, 7, 31)))
    # B is quarantined and keeps its version; X never was in force; E is new and quarantined
    home.land(2, Batch(REG, dossiers("A", "B", "C", "E", bad=("B", "E")), date(2025, 8, 31)))
    home.land(3, Batch(REG, dossiers("A", "B", "D", "C", bad=("B",)), date(2025, 9, 30)))
    home.check()
    assert [gone(home, n) for n in (1, 2, 3)] == [set(), {"D"}, set()]
    # checked on its own: B is in force since July, though quarantined twice
    home.land(4, Batch(REG, dossiers("A", "D", "F"), date(2025, 10, 31)))
    home.check()
    assert [gone(home, n) for n in (1, 2, 3, 4)] == [set(), {"D"}, set(), {"B", "C"}]


def test_a_record_whose_line_is_broken_behind_its_key_is_not_gone(tmp_path: Path) -> None:
    """The line is set aside under Q6 alone; broken before the key, nobody knows whose it is."""
    desk = make_desk(tmp_path)
    lines = [",".join(REGISTER), *(f"{key},张三,安居,2025-01-01" for key in "ABC")]
    desk.put("justice/register_20250101.csv", "\n".join(lines).encode())
    lines[2:] = ['B,"张三"丰,安居,2025-01-01', '"C"C,张三,安居,2025-01-01', "D,张三,安居,2025-01-01"]
    desk.put("justice/register_20250201.csv", "\n".join(lines).encode())
    desk.land()
    check(desk.home, open_vault(desk.home.path), Settings(), lambda _: None)
    found = "select rule, row_no, key, column_name from warehouse.landing.findings where rule in ('Q1', 'Q6', 'W12') "
    assert desk.ask(found + "order by all") == [("Q6", 3, "B", None), ("Q6", 4, None, None), ("W12", None, "C", None)]


def test_an_older_delivery_that_arrives_late_is_compared_anew(home: LandedHome) -> None:
    home.land(1, Batch(REG, dossiers("A", "B", "C", "D"), date(2025, 7, 31)))
    home.land(2, Batch(REG, dossiers("A", "B", "C"), date(2025, 9, 30)))
    home.land(3, Batch(REG, dossiers("A"), date(2025, 10, 31)))
    home.check()
    assert [gone(home, n) for n in (1, 2, 3)] == [set(), {"D"}, {"B", "C"}]
    assert Found("W13", None) not in home.findings(2)
    home.land(4, Batch(REG, dossiers("A", "B", "Z", "Y", "X", bad=("B",)), date(2025, 8, 31)))
    home.check()
    assert [gone(home, n) for n in (1, 4, 2, 3)] == [set(), {"C", "D"}, {"X", "Y", "Z"}, {"B", "C"}]
    assert {n: Found("W13", None) in home.findings(n) for n in (1, 4, 2, 3)} == {1: False, 4: False, 2: True, 3: True}


@pytest.mark.parametrize(("before", "now", "is_odd"), [(10, 13, False), (10, 14, True), (10, 7, False), (10, 6, True)])
def test_row_count(home: LandedHome, before: int, now: int, is_odd: bool) -> None:
    for batch_id, count in ((1, before), (2, now)):
        rows: list[dict[str, str | None]] = [{**GOOD[VIS], "visit_no": f"{n}"} for n in range(count)]
        home.land(batch_id, Batch(VIS, rows, date(2025, 6, batch_id)))
    home.check()
    assert (Found("W13", None) in home.findings(2)) is is_odd
    assert not home.findings(1)


def test_unknown_columns_and_hidden_sheets(home: LandedHome) -> None:
    layout = [
        {"header": "走访编号", "column": "visit_no", "unit": None, "is_unknown": False},
        {"header": "备注", "column": None, "unit": None, "is_unknown": True},
        {"header": "visit_no", "column": None, "unit": None, "is_unknown": True},
        {"header": "备注", "column": None, "unit": None, "is_unknown": True},
        {"header": "走访编号", "column": None, "unit": None, "is_unknown": False},
    ]
    home.land(1, Batch(VIS, [dict(GOOD[VIS])], layout=layout, hidden_sheets=["底表", "Sheet3"]))
    home.check()
    messages = home.rows("select rule, column_name, message, action from warehouse.landing.findings order by 2")
    assert messages == [
        ("W14", "Sheet3", "隐藏工作表：Sheet3", "R5"),
        ("W14", "visit_no", "未知列：visit_no", "R5"),
        ("W14", "备注", "未知列：备注", "R5"),
        ("W14", "底表", "隐藏工作表：底表", "R5"),
    ]


def test_the_unit_of_a_column(home: LandedHome) -> None:
    layout = [{"header": "金额（万元）", "column": "amount_yuan", "unit": "万元", "is_unknown": False}]
    good = GOOD["civil_affairs.relief"]
    rows: list[dict[str, str | None]] = [
        {**good, "amount_yuan": "0.08", "payment_no": "1"},
        {**good, "amount_yuan": "800元", "payment_no": "2"},
    ]
    home.land(1, Batch("civil_affairs.relief", rows, layout=layout))
    home.check()
    assert home.rows("select distinct amount_yuan::varchar from warehouse.checked.civil_affairs__relief") == [
        ("800.00",)
    ]


def test_one_text_means_in_each_file_what_it_means_there(home: LandedHome) -> None:
    """Files that are checked together: the unit of a header, and the day before which a person must have been born."""
    row = {**GOOD["civil_affairs.relief"], "amount_yuan": "0.08", "id_no": "110105202506010029"}
    layout = [{"header": "金额（万元）", "column": "amount_yuan", "unit": "万元", "is_unknown": False}]
    home.land(1, Batch("civil_affairs.relief", [row], delivered_on=date(2025, 5, 31), layout=layout))
    home.land(2, Batch("civil_affairs.relief", [row]))
    home.check()
    assert home.rows(
        "select batch_id, amount_yuan::varchar, id_no from warehouse.checked.civil_affairs__relief order by 1"
    ) == [(1, "800.00", None), (2, "0.08", "110105202506010029")]
    assert Found("W06", 2, "id_no") in home.findings(1)
    assert "W06" not in {f.rule for f in home.findings(2)}


def test_findings_name_all_they_should(home: LandedHome) -> None:
    home.land(1, Batch(REG, [{**GOOD[REG], "closed_on": "很久以前"}]))
    home.check()
    assert home.rows("select * exclude (found_on) from warehouse.landing.findings") == [
        (
            "W01", "warn", "justice", "register", "register_20250630.csv", date(2025, 6, 30), 2, "D1", "closed_on",
            "无法解析：撤管日期", "R2", 1,
        )
    ]  # fmt: skip


def test_a_key_shows_neither_id_number_nor_name(home: LandedHome) -> None:
    rows: list[dict[str, str | None]] = [
        {**GOOD[REG], "register_no": "铜-11010519491231002X", "placement": "x"},
        {**GOOD[REG], "register_no": "110105491231002", "placement": "x"},
        {**GOOD[REG], "register_no": "2025张三01", "placement": "x"},
        {**GOOD[REG], "register_no": "202501310001234567", "placement": "x"},
    ]
    home.land(1, Batch(REG, rows))
    home.check()
    keys = [key for (key,) in home.rows("select key from warehouse.landing.findings order by row_no")]
    places = [f"register_20250630.csv 第{row}行" for row in (2, 3)]
    assert keys == [*places, "2025张**01", "202501310001234567"]


def test_again_does_nothing(home: LandedHome) -> None:
    home.land(1, Batch(REG, dossiers("A", "B", bad=("B",))))
    assert home.check().rows_quarantined == 1
    before = home.rows("select * from warehouse.landing.findings")
    assert home.check().batches == 0
    assert home.rows("select * from warehouse.landing.findings") == before


def test_a_check_that_dies_leaves_nothing_of_its_feed(home: LandedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.land(1, Batch(OFF, [dict(GOOD[OFF]), {**GOOD[OFF], "record_no": "J2", "case_kind": "行政"}]))
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise duckdb.IOException("no space left")

        patched.setattr(sys.modules["reentry.check.check"], "_forget_public_order", die)
        with pytest.raises(duckdb.IOException):
            home.check()
    for table in ("landing.findings", "checked.police__reoffences"):
        assert home.rows(f"select count(*) from warehouse.{table}") == [(0,)]
    assert home.check().rows_quarantined == 1
    assert home.findings(1) == {Found("Q4", 3)}


def test_quarantined_rows_with_reasons_and_cells(home: LandedHome) -> None:
    home.land(1, Batch(OFF, [{**GOOD[OFF], "case_kind": "行政", "name": ""}]))
    home.land(2, Batch(REG, dossiers("A", "B", bad=("B",))))
    home.check()
    off, reg = sorted(quarantined(home.home, home.vault), key=lambda row: row.feed, reverse=True)
    assert off.cells == {"记录编号": "J1"}
    assert [rule for rule, _ in off.reasons] == ["Q4"]
    assert reg.cells["档案编号"] == "B"
    assert reg.cells["列管日期"] == "2025-05-03"
    assert reg.reasons == (("Q1", "必填项为空或无法解析：姓名"),)
    assert quarantined(home.home, home.vault, REG) == [reg]
    with pytest.raises(UsageError):
        quarantined(home.home, home.vault, "justice.nothing")


def test_lines_that_are_not_sound_are_listed_without_names(home: LandedHome) -> None:
    shifted = {"visit_no": "张小三", "register_no": "Z1", "spoiled": "500151199001011234 D1"}
    broken = {"visit_no": "Z2", "spoiled": 'Z2,"欧阳明珠,2025-06-01,Anna Lee', "row_kind": "broken"}
    home.land(1, Batch("justice.visits", [{**GOOD["justice.visits"], **shifted}, broken]))
    home.check()
    first, second = quarantined(home.home, home.vault)
    assert (first.cells["走访编号"], first.cells["档案编号"]) == ("张**", "Z1")
    assert first.cells[BEYOND_HEADER] == "5***************** D1"
    assert second.cells == {WHOLE_LINE: 'Z2,"欧***,2025-06-01,A*** L**'}


def test_unknown_columns_are_listed_too(home: LandedHome) -> None:
    layout: list[dict[str, Any]] = [{"header": "备注", "column": None}, {"header": "走访编号", "column": "visit_no"}]
    home.land(1, Batch("justice.visits", [{"visit_no": "Z1", "other": ["见张小三"]}], layout=layout))
    home.check()
    assert quarantined(home.home, home.vault)[0].cells == {"走访编号": "Z1", "备注": "见***"}


def test_docs_hold_row_numbers_and_no_values(home: LandedHome) -> None:
    home.land(1, Batch(REG, [{**GOOD[REG], "closed_on": "很久以前"}]))
    home.land(2, Batch(RES, [dict(GOOD[RES])]))
    home.check()
    page = (home.home.checks / "index.html").read_text(encoding="utf-8")
    assert "register_20250630.csv：2" in page
    assert "http" not in page
    assert not [value for value in ("很久以前", "张三", "110105") if value in page]
