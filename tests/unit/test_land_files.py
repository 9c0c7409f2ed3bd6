"""Files: names, order, what is new, what is still being written, links."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from desk import VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry.errors import UsageError
from reentry.land import LandReport


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def test_an_empty_inbox_is_no_error(desk: Desk) -> None:
    assert desk.land() == LandReport()


def test_english_and_chinese_names_are_one_feed(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    desk.put("司法局/走访记录_20250402_2.CSV", csv_bytes(VISITS, ["V2", "D1", "2025-03-02", "1"]))
    desk.put("司法局/visits_20250402.XLSX", xlsx_bytes(VISITS, ["V3", "D1", "2025-03-02", "1"]))
    assert desk.land().landed == 3
    batches = "select feed, delivered_on, delivery_no, path from warehouse.landing.batches order by batch_id"
    assert desk.ask(batches) == [
        ("visits", date(2025, 4, 1), 1, "justice/visits_20250401.csv"),
        ("visits", date(2025, 4, 2), 1, "司法局/visits_20250402.XLSX"),
        ("visits", date(2025, 4, 2), 2, "司法局/走访记录_20250402_2.CSV"),
    ]


def test_b9_is_all_that_fits_no_feed(desk: Desk) -> None:
    names = [
        "read.me",
        "justice/visits.csv",
        "justice/visits_2025041.csv",
        "police/visits_20250401.csv",
        "justice/old/visits_20250401.csv",
        "justice/visits_20250401.csv.bak",
        "links.csv/x.csv",
        "justice/links.csv",
    ]
    for name in names:
        desk.put(name, csv_bytes(VISITS, VISIT))
    for name in (".hidden", "justice/~$visits_20250401.xlsx", "townships.csv", "districts.csv", ".git/x_20250401.csv"):
        desk.put(name, b"x")
    report = desk.land()
    assert sorted(r.path for r in report.refused) == sorted(names)
    assert {(r.rule, r.message) for r in report.refused} == {("B9", "无法识别的文件：文件名不对应任何报表")}


def test_b5_is_a_date_after_today_or_none(desk: Desk) -> None:
    desk.put("justice/visits_20250630.csv", csv_bytes(VISITS, VISIT))
    desk.put("justice/visits_20250701.csv", csv_bytes(VISITS, ["V2", "D1", "2025-03-02", "1"]))
    desk.put("justice/visits_20250230.csv", csv_bytes(VISITS, VISIT))
    report = desk.land()
    assert report.landed == 1
    assert {(r.path, r.rule, r.message) for r in report.refused} == {
        ("justice/visits_20250701.csv", "B5", "报送日期有误"),
        ("justice/visits_20250230.csv", "B5", "报送日期有误"),
    }
    later = desk.land(date(2025, 7, 1))
    assert (later.landed, later.unchanged, [r.path for r in later.refused]) == (1, 1, ["justice/visits_20250230.csv"])
    assert desk.ask("select count(*) from warehouse.landing.findings where rule = 'B5'") == [(1,)]


def test_a_csv_of_fifty_megabytes_of_blank_lines(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT) + b",,,\r\n" * 10_000_000)
    assert desk.land().landed == 1
    assert desk.ask("select rows_read, rows_skipped from warehouse.landing.batches") == [(1, 0)]


def test_a_nul_byte_stays_in_its_cell(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, ["V\0001", "D1", "2025-03-01", "\0"]))
    desk.land()
    assert desk.cells("justice__visits", "visit_no", "mode") == [(2, "data", "V\0001", "\0")]


def test_a_file_being_written_is_left_for_the_next_run(desk: Desk) -> None:
    path = desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    writer = subprocess.Popen(
        ["sh", "-c", f"for i in 1 2 3 4 5 6 7 8 9 10; do echo 'V2,D1,2025-03-01,1' >> '{path}'; sleep 0.1; done"]
    )
    try:
        while path.stat().st_size == len(csv_bytes(VISITS, VISIT)):
            pass
        report = desk.land()
    finally:
        writer.wait()
    assert report.postponed == ["justice/visits_20250401.csv"]
    assert any("still being written" in said for said in desk.said)
    assert desk.land().landed == 1
    assert desk.ask("select rows_read from warehouse.landing.batches") == [(11,)]


def test_files_without_news_are_not_read_again(desk: Desk) -> None:
    for n in range(4):
        desk.put(f"x/{n}.bin", b"x")
    desk.land()
    assert [line for line in desk.said if line.startswith("land ")] == [f"land x/{n}.bin" for n in range(4)]
    desk.said.clear()
    assert len(desk.land().refused) == 4
    assert [line for line in desk.said if line.startswith("land ")] == []


def test_nothing_of_the_scratch_stays(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, ["V1", "D1", "2025-03-01", '电话"']))
    desk.land()
    assert not (desk.home.building / "landing").exists()


LINKS = ["agency", "feed", "key", "id_no", "decided_on", "decided_by"]


def test_links_are_replaced_when_they_change(desk: Desk) -> None:
    first = ["corrections", "releases", "R1", "11010519491231002x", "2025-04-01", "王"]
    desk.put(
        "links.csv",
        csv_bytes(
            LINKS,
            first,
            ["", "", "", "", "", ""],
            ["民政", "社会救助发放", "P1", "", "2025年4月2日", ""],
            [
                "公安",
                "residence",
                "110105 491231002",
                "",
                "2025-04-02",
                "",
            ],  # the key is an id number: as it is compared
        ),
    )
    assert desk.land().links_changed
    assert not desk.land().links_changed
    assert desk.ask("select line_no, agency, key, id_no, decided_on from warehouse.landing.links") == [
        (2, "corrections", "R1", "11010519491231002X", date(2025, 4, 1)),
        (4, "民政", "P1", "", date(2025, 4, 2)),
        (5, "公安", "11010519491231002X", "", date(2025, 4, 2)),
    ]
    (desk.inbox / "links.csv").unlink()
    assert desk.land().links_changed
    assert desk.ask("select count(*) from warehouse.landing.links") == [(0,)]


@pytest.mark.parametrize("day", ["", "2025-13-01", "去年"])
def test_a_line_without_a_date_stops_before_anything_lands(desk: Desk, day: str) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    line = ["corrections", "releases", "R1", "", "2025-04-01", "王"]
    desk.put("links.csv", csv_bytes(LINKS, line, [*line[:4], day, "王"]))
    with pytest.raises(UsageError, match="line 3"):
        desk.land()
    assert desk.ask("select count(*) from warehouse.landing.batches") == [(0,)]


GOOD_LINE = ["corrections", "releases", "R1", "11010519491231002X", "2025-04-01", "王"]


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("id_no", "5.10228E+17", "was damaged by a spreadsheet"),
        ("key", "5.00151E+17", "was damaged by a spreadsheet"),
        ("id_no", "110105194912310021", "is no valid id number"),
        ("id_no", "11010519491331002X", "is no valid id number"),
        ("id_no", "1101051949123100", "is no valid id number"),
        ("id_no", "张三", "is no valid id number"),
        ("agency", "correction", r"there is no agency \[correction\]; the nearest is corrections"),
        ("feed", "刑满释放人员", r"has no feed \[刑满释放人员\]; the nearest is 刑满释放人员信息"),
        ("feed", "register", "has no feed"),
        ("key", "", "has no key"),
    ],
)
def test_a_decision_that_cannot_be_right_stops(desk: Desk, column: str, text: str, said: str) -> None:
    """Naming the line; nothing lands, and the decisions before stay."""
    desk.put("links.csv", csv_bytes(LINKS, GOOD_LINE))
    desk.land()
    wrong = [text if name == column else cell for name, cell in zip(LINKS, GOOD_LINE, strict=True)]
    desk.put("links.csv", csv_bytes(LINKS, GOOD_LINE, GOOD_LINE, wrong))
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT))
    with pytest.raises(UsageError, match=f"links.csv: line 4.*{said}"):
        desk.land()
    assert desk.ask("select count(*) from warehouse.landing.links") == [(1,)]
    assert desk.ask("select count(*) from warehouse.landing.batches") == [(0,)]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
def test_decisions_saved_by_a_spreadsheet_are_read(desk: Desk, encoding: str) -> None:
    """Its encodings, days without leading zeros, numbers kept from it, empty columns; names in either language."""
    lines = [
        [*LINKS, ""],
        ["监狱", "刑满释放人员信息", '="001"', "'11010519491231002x", "2025/6/1", "王", ""],
        ["corrections", "刑满释放人员信息", "002", "110105491231002", "2025-6-2", "王", ""],
        ["", "", "", "", "", "", ""],
    ]
    desk.put("links.csv", csv_bytes(*lines, encoding=encoding))
    assert desk.land().links_changed
    assert desk.ask("select line_no, key, id_no, decided_on from warehouse.landing.links") == [
        (2, "001", "11010519491231002X", date(2025, 6, 1)),
        (3, "002", "11010519491231002X", date(2025, 6, 2)),
    ]
