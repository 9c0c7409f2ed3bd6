"""Sheets of a workbook: which are read, where their rows stand, what is noted of odd cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from desk import RELIEF, SWEEPS, VISIT, VISITS, Desk, make_desk, xlsx_bytes
from reentry.check import check, quarantined
from reentry.land.limits import Limits
from reentry.land.places import place_of_row, place_zh, row_key
from reentry.land.sheet_xml import shows_wan
from reentry.settings import Settings
from reentry.vault import open_vault

PAYMENT = ["F1", "S1", "张三", "8", "2025-03-01", 600, "1"]
Book = openpyxl.Workbook


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def sheet_of(book: Book) -> Worksheet:
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return sheet


def filled(book: Book, name: str, *rows: Sequence[object], at: int = 1) -> None:
    sheet = book.create_sheet(name)
    for number, row in enumerate(rows, at):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)


def edited(content: bytes, edit: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, edit(data) if name == part else data)
    return out.getvalue()


def checked(desk: Desk) -> list[tuple[object, ...]]:
    check(desk.home, open_vault(desk.home.path), Settings(), lambda _: None)
    return desk.ask("select rule, row_no, column_name, message from warehouse.landing.findings order by all")


def test_every_visible_sheet_with_the_header_is_read_in_order(desk: Desk) -> None:
    def make(book: Book) -> None:
        filled(book, "巴川", ["走访方式", *VISITS[:3]], ["2", "V2", "D2", "2025-03-02"])
        filled(book, "说明", ["请填写"])
        filled(book, "底表", VISITS, ["V9", "D9", "2025-03-09", "1"])
        book["底表"].sheet_state = "hidden"
        filled(book, "旧县", ["走访情况"], VISITS, ["V3", "", "2025-03-03", "3"])

    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(VISITS, VISIT, make=make))
    assert desk.rules() == []
    assert desk.ask("select sheets, unread_sheets, hidden_sheets, rows_read from warehouse.landing.batches") == [
        (["Sheet", "巴川", "旧县"], ["说明"], ["底表"], 3)
    ]
    cells = desk.ask("select row_no, visit_no, mode from warehouse.raw.justice__visits order by row_no")
    assert cells == [(2, "V1", "1"), (row_key(1, 2), "V2", "2"), (row_key(2, 3), "V3", "3")]
    found = checked(desk)
    assert ("W14", None, "说明", "未读的工作表：说明") in found
    assert ("W14", None, "底表", "隐藏工作表：底表") in found
    (aside,) = quarantined(desk.home, open_vault(desk.home.path))
    assert (aside.sheet, aside.row_no) == ("旧县", 3)


def test_places() -> None:
    assert place_of_row(None, 5_000_000) == (None, 5_000_000)
    assert place_of_row(["A", "B"], row_key(1, 1_048_576)) == ("B", 1_048_576)
    assert [place_zh("Sheet1", 5), place_zh(None, 5), place_zh(None, None)] == ["Sheet1 第5行", "第5行", ""]


def test_a_sheet_that_repeats_the_others_is_left_out(desk: Desk) -> None:
    one, two, three = VISIT, ["V2", "D2", "2025-03-02", "2"], ["V3", "D3", "2025-03-03", "3"]

    def make(book: Book) -> None:
        sheet_of(book).title = "汇总"
        filled(book, "甲", VISITS, one, two, ["合计", "", "", 2])
        filled(book, "乙", list(reversed(VISITS)), list(reversed(three)))

    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(VISITS, one, two, three, ["合计"], make=make))
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(VISITS, one, make=lambda b: filled(b, "同", VISITS, one)))
    assert desk.rules() == []
    assert desk.ask("select sheets, repeated_sheets, rows_read, rows_skipped from warehouse.landing.batches") == [
        (["甲", "乙"], ["汇总"], 4, 1),
        (["Sheet"], ["同"], 1, 0),
    ]
    assert ("W14", None, "汇总", "汇总表：汇总") in checked(desk)


def test_b2_names_the_sheets_that_were_looked_at(desk: Desk) -> None:
    content = xlsx_bytes(["x"], make=lambda book: filled(book, "数据", ["走访编号", "走访日期"]))
    desk.put("justice/visits_20250401.xlsx", content)
    (refused,) = desk.land().refused
    assert refused.message == "缺少列：档案编号（看过的工作表：Sheet、数据）"


def test_totals_are_tested_sheet_by_sheet(desk: Desk) -> None:
    def sheets(*totals: int) -> bytes:
        def make(book: Book) -> None:
            for name, total in zip("甲乙", totals, strict=True):
                filled(book, name, SWEEPS, ["安居镇", f"2025-0{total}", 3, 0, None], ["合计", "", total, "", ""])

        return xlsx_bytes(["x"], make=make)

    desk.put("justice/sweeps_20250401.xlsx", sheets(3, 3))
    desk.put("justice/sweeps_20250402.xlsx", sheets(3, 6))
    assert [(r.path[-13:-5], r.message) for r in desk.land().refused] == [("20250402", "合计与明细不符：排查人数")]


def test_units_of_each_sheet(desk: Desk) -> None:
    in_wan = [header if header != "金额" else "金额（万元）" for header in RELIEF]
    content = xlsx_bytes(
        RELIEF, PAYMENT, make=lambda b: filled(b, "万", in_wan, ["F2", "S1", "张三", "8", "2025-03-01", 0.5, "1"])
    )
    desk.put("civil_affairs/relief_20250401.xlsx", content)
    assert desk.rules() == []
    checked(desk)
    amounts = desk.ask("select payment_no, amount_yuan from warehouse.checked.civil_affairs__relief order by 1")
    assert [(no, int(str(amount).partition(".")[0])) for no, amount in amounts] == [("F1", 600), ("F2", 5000)]


def test_notes_on_odd_cells(desk: Desk) -> None:
    def make(book: Book) -> None:
        sheet = sheet_of(book)
        sheet.append([510228198503020016, "S1", "张三", "8", datetime(2025, 3, 1, 23, 59, 17), 6000, "1"])
        sheet["F2"].number_format = '0!.0,"万"'
        sheet.append(["F3", "S1", "李四", "8", "2025-03-01", "=1+1", "1"])
        sheet.append(["F4", "S1", "王五", "8", "2025-03-01", "#REF!", "1"])
        sheet["F4"].data_type = "e"
        sheet.append(["F5", "S1", "赵六", "8", "2025-03-01", None, "1"])
        sheet.merge_cells("D4:D5")

    desk.put("civil_affairs/relief_20250401.xlsx", xlsx_bytes(RELIEF, make=make))
    assert desk.rules() == []
    notes = desk.ask("select row_no, notes from warehouse.raw.civil_affairs__relief order by row_no")
    assert notes == [
        (2, ["payment_no:number", "granted_on:late", "amount_yuan:wan"]),
        (3, ["amount_yuan:formula"]),
        (4, ["amount_yuan:error"]),
        (5, ["relief_type:merged"]),
    ]


def test_a_merged_township_holds_for_all_its_rows(desk: Desk) -> None:
    def make(book: Book) -> None:
        sheet = sheet_of(book)
        for month in ("2025-01", "2025-02", "2025-03"):
            sheet.append(["安居镇", month, 1, 0, None])
        sheet.append([None, None, None, None, None])
        sheet.append(["合计", None, 3, 0, None])
        sheet.merge_cells("A2:A5")

    desk.put("justice/sweeps_20250401.xlsx", xlsx_bytes(SWEEPS, make=make))
    assert desk.rules() == []
    cells = desk.ask("select township, row_kind, notes from warehouse.raw.justice__sweeps order by row_no")
    assert cells == [*[("安居镇", "data", None)] * 3, (None, "blank", None), ("合计", "footer", None)]


def test_a_total_over_a_formula_is_not_tested(desk: Desk) -> None:
    rows = [PAYMENT, [*PAYMENT[:5], "=600", "1"], ["合计", "", "", "", "", 9, ""]]
    desk.put("civil_affairs/relief_20250401.xlsx", xlsx_bytes(RELIEF, *rows))
    assert desk.rules() == []
    assert desk.ask("select rule, message from warehouse.landing.findings") == [("W15", "合计未核对：金额")]


def test_cells_without_a_place_and_cells_out_of_order_are_where_calamine_reads_them(desk: Desk) -> None:
    def edit(xml: bytes) -> bytes:
        error = b'<c t="e"><v>#DIV/0!</v></c>'
        return re.sub(rb'<c r="B2"[^>]*>.*?</c>', error, xml)

    desk.put("justice/visits_20250401.xlsx", edited(xlsx_bytes(VISITS, VISIT), edit))
    assert desk.rules() == []
    assert desk.ask("select register_no, notes from warehouse.raw.justice__visits") == [
        ("#DIV/0!", ["register_no:error"])
    ]


@pytest.mark.parametrize("number", ["NaN", "1e999", "-1e999"])
def test_what_is_no_finite_number_is_not_parsed(desk: Desk, number: str) -> None:
    content = xlsx_bytes(RELIEF, [*PAYMENT[:5], 424242, "1"])
    desk.put("civil_affairs/relief_20250401.xlsx", edited(content, lambda xml: xml.replace(b"424242", number.encode())))
    assert desk.rules() == []
    assert [(rule, column) for rule, _, column, _ in checked(desk) if rule == "W01"] == [("W01", "amount_yuan")]
    assert desk.ask("select amount_yuan from warehouse.checked.civil_affairs__relief") == [(None,)]


def test_a_carriage_return_in_a_cell_is_white_space(desk: Desk) -> None:
    content = edited(xlsx_bytes(VISITS, VISIT), lambda xml: xml)
    content = edited(content, lambda xml: xml.replace(b"<t>V1</t>", b"<t>V1_x000D_</t>"), "xl/sharedStrings.xml")
    desk.put("justice/visits_20250401.xlsx", content)
    assert desk.rules() == []
    checked(desk)
    assert desk.ask("select visit_no from warehouse.checked.justice__visits") == [("V1",)]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("0!.0000", True),
        ('0!.0,"万"', True),
        (r"0\.0,", True),
        ('0"."0,"万元"', True),
        ("#,##0!.0000;-#,##0!.0000", True),
        ("0.00", False),
        ("#,##0.00", False),
        ("0,", False),
        ("yyyy!.mm!.dd", False),
        ("General", False),
        ("0!.00", False),
    ],
)
def test_formats_that_show_ten_thousands(code: str, shown: bool) -> None:
    assert shows_wan(code) is shown


def test_what_a_sheet_lays_out_is_known_before(desk: Desk) -> None:
    """The limit is lowered, so that a harmless sheet is too large; a dimension that says A1 is not believed."""

    def edit(xml: bytes) -> bytes:
        far = b'<row><c r="ZZ2000"><v>1</v></c></row></sheetData>'
        return re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', xml).replace(b"</sheetData>", far)

    desk.put("justice/visits_20250401.xlsx", edited(xlsx_bytes(VISITS, VISIT), edit))
    assert [r.rule for r in desk.land(limits=Limits(memory_mb=230)).refused] == ["B8"]


def test_a_document_type_and_a_part_twice_are_refused(desk: Desk) -> None:
    book = xlsx_bytes(VISITS, VISIT)
    with_type = edited(book, lambda xml: xml.replace(b"<worksheet", b"<!DOCTYPE x []><worksheet", 1))
    twice = io.BytesIO(book)
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("xl/Worksheets/sheet1.xml", b"<worksheet/>")
    desk.put("justice/visits_20250401.xlsx", with_type)
    desk.put("justice/visits_20250402.xlsx", twice.getvalue())
    assert desk.rules() == ["B1", "B1"]
