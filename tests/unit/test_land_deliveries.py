"""Deliveries: snapshots, repeats, refusals, and what may not be stored."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from desk import OFFENCES, REGISTER, RELEASES, VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry.land import LandReport, ledger


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def register(count: int, mark: str = "") -> bytes:
    return csv_bytes(REGISTER, *[[f"D{n}", f"张三{mark}", "安居", "2025-01-01"] for n in range(count)])


def test_b6_is_half_of_the_landed_one_before(desk: Desk) -> None:
    desk.put("justice/register_20250101.csv", register(10))
    desk.put("justice/register_20250201.csv", register(4))
    desk.put("justice/register_20250301.csv", register(5))
    report = desk.land()
    assert [(r.path, r.message) for r in report.refused] == [("justice/register_20250201.csv", "行数骤减，疑似不完整")]
    desk.put("justice/register_20250115.csv", register(8))
    again = desk.land()
    assert (again.landed, again.unchanged) == (2, 2)  # with 8 before it, 4 are enough
    assert desk.ask("select count(*) from warehouse.landing.findings") == [(0,)]
    assert desk.ask("select count(*) from warehouse.landing.refusals") == [(1,)]


def test_d1_is_the_newest_landed_file_once_more(desk: Desk) -> None:
    desk.put("justice/register_20250101.csv", register(2))
    desk.put("justice/register_20250201.csv", register(2))
    desk.put("justice/register_20250301.csv", register(2, "丰"))
    desk.put("justice/register_20250401.csv", register(2))
    report = desk.land()
    assert (report.landed, report.repeated, report.refused) == (3, 1, [])
    assert desk.ask("select batch_id, delivered_on from warehouse.landing.repeats") == [(1, date(2025, 2, 1))]
    assert desk.ask("select rule, severity, message, action, file_name from warehouse.landing.findings") == [
        ("D1", "info", "重复报送", "R5", "register_20250201.csv")
    ]
    assert desk.land() == LandReport(unchanged=4)


def test_a_file_changed_in_place_lands_again(desk: Desk) -> None:
    path = desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    desk.land()
    path.touch()
    assert desk.land() == LandReport(unchanged=1)
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, ["V2", *VISIT[1:]]))
    assert desk.land().landed == 1
    assert desk.ask("select visit_no from warehouse.raw.justice__visits order by batch_id") == [("V1",), ("V2",)]


def test_a_refused_file_stays_refused_until_it_changes(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(["走访编号"], ["V1"]))
    assert [r.is_new for r in desk.land().refused] == [True]
    assert [(r.rule, r.is_new, r.message) for r in desk.land().refused] == [("B2", False, "缺少列：档案编号、走访日期")]
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    assert desk.land() == LandReport(landed=1)
    assert desk.ask("select count(*) from warehouse.landing.findings") == [(0,)]
    (note,) = desk.home.refused.iterdir()
    assert json.loads(note.read_text())["rule"] == "B2"


@pytest.mark.parametrize(("word", "rules"), [("否", []), ("无", []), ("", []), ("×", []), ("不详", []), ("FALSE", []),
                                             ("是", ["B7"]), ("1", ["B7"]), ("封", ["B7"])])  # fmt: skip
@pytest.mark.parametrize("header", ["未成年封存", "档案 封存 情况"])
def test_b7_is_anything_but_no_under_such_a_header(desk: Desk, header: str, word: str, rules: list[str]) -> None:
    row = ["R1", "周隐名", "2025-01-01", "1"]
    desk.put("corrections/releases_20250401.csv", csv_bytes([*RELEASES, header], [*row, "否"], [*row, word]))
    desk.put("justice/visits_20250401.csv", csv_bytes([*VISITS, header], [*VISIT, word]))
    report = desk.land()
    assert [refused.rule for refused in report.refused] == rules * 2
    if not rules:
        assert [cell for _, _, cell in desk.cells("corrections__releases", "sealed")] == ["否", word or None]
        return
    assert {refused.message for refused in report.refused} == {"封存记录不得入库"}
    assert sorted(refused.rows for refused in report.refused) == [(2,), (3,)]
    assert desk.ask("select count(*) from warehouse.raw.corrections__releases") == [(0,)]
    for path in desk.home.path.rglob("*"):
        assert path.is_dir() or "周隐名".encode() not in path.read_bytes()


@pytest.mark.parametrize("word", ["行政", "2", " ２ "])
def test_q4_rows_keep_their_number_alone(desk: Desk, word: str) -> None:
    case = ["C1", "钱有名", "2025-01-01"]
    rows = [["A1", *case, word, "1", "500101199001011234"], ["A2", *case, "刑事", "1", ""]]
    desk.put("police/reoffences_20250401.csv", csv_bytes([*OFFENCES, "备考"], [*rows[0], "甲"], [*rows[1], "乙"]))
    desk.put("police/reoffences_20250402.xlsx", xlsx_bytes(OFFENCES, rows[0]))
    desk.put("police/reoffences_20250403.csv", csv_bytes(OFFENCES, ["A1", "", "无", "2025-13-01", word, "五"]))
    desk.put("police/reoffences_20250404.csv", csv_bytes(OFFENCES, ["A1", *case[:2], "2025-04-05", word, "立案"]))
    desk.land()
    columns = ("record_no", "case_no", "name", "id_no", "offended_on", "case_kind", "case_stage", "other")
    assert desk.cells("police__reoffences", *columns) == [
        (2, "data", "A1", None, None, None, None, "行政", None, None),
        (3, "data", "A2", "C1", "钱有名", None, "2025-01-01", "刑事", "1", ["乙"]),
        (2, "data", "A1", None, None, None, None, "行政", None, None),
        (2, "data", "A1", None, None, None, None, "行政", None, None),
        (2, "data", "A1", None, None, None, None, "行政", None, None),
    ]


def test_broken_lines_of_delicate_files_are_not_kept(desk: Desk) -> None:
    body = csv_bytes(OFFENCES).decode() + 'A1,C1,"钱有名,2025-01-01,行政,1,\nA2,C1,赵,2025-01-01,1,1,\n'
    desk.put("police/reoffences_20250401.csv", body.encode())
    desk.land()
    assert desk.cells("police__reoffences", "record_no", "name", "spoiled") == [
        (2, "broken", None, None, "…"),
        (3, "data", "A2", "赵", None),
    ]


def test_a_refused_file_is_tried_again_when_reading_has_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older release could not read, and what its home does not say; a file that has landed is left alone."""
    desk.put("justice/visits_20250601.csv", csv_bytes(VISITS, VISIT))
    desk.put("justice/visits_20250602.csv", csv_bytes(VISITS))
    assert desk.rules() == ["B3"]
    assert [r.is_new for r in desk.land().refused] == [False]
    monkeypatch.setattr(ledger, "READING_VERSION", 2)
    again = desk.land()
    assert ([(r.rule, r.is_new) for r in again.refused], again.unchanged) == ([("B3", True)], 1)
    assert [r.is_new for r in desk.land().refused] == [False]
