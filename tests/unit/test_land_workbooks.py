"""Workbooks: cells as text, sheets, damage, size."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from desk import SWEEPS, VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes
from reentry.land.header import MAX_COLUMNS
from reentry.land.limits import Limits


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def test_b1_names_the_byte_offset(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", "走访编号,档案编号".encode("gb18030") + b"\xff\xff")
    (refused,) = desk.land().refused
    assert refused.rule == "B1"
    assert "字节偏移 17" in refused.message


def encrypted(content: bytes) -> bytes:
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(content)).encrypt("secret", out)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def set_1904(book: openpyxl.Workbook) -> None:
    book.epoch = CALENDAR_MAC_1904


GOOD = xlsx_bytes(VISITS, VISIT)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encrypted(GOOD), id="password"),
        pytest.param(zipped("hello.txt", b"hello"), id="zip that is no workbook"),
        pytest.param(zipped("xl/workbook.xml", b"<workbook/>"), id="workbook without sheets"),
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[: len(GOOD) // 2], id="cut off"),
        pytest.param(xlsx_bytes(VISITS, VISIT, make=set_1904), id="1904 dates"),
    ],
)
def test_b1_is_a_workbook_that_cannot_be_opened(desk: Desk, content: bytes) -> None:
    desk.put("justice/visits_20250401.xlsx", content)
    (refused,) = desk.land().refused
    assert refused.rule == "B1"
    assert refused.message.startswith("文件无法读取：")


def test_damaged_workbooks_never_end_the_run(desk: Desk) -> None:
    for n in range(0, len(GOOD), 97):
        desk.put(f"justice/visits_20250401_{n + 2}.xlsx", GOOD[:n] + bytes([GOOD[n] ^ 0x55]) + GOOD[n + 1 :])
    report = desk.land()
    assert report.landed + report.repeated + len(report.refused) == len(range(0, len(GOOD), 97))


def test_cells_of_a_workbook_as_text(desk: Desk) -> None:
    texts_by_value: list[tuple[object, str]] = [
        (1.10e17, "110000000000000000"),
        (1 / 3, "0.3333333333333333"),
        (12.0, "12"),
        (1e-7, "0.0000001"),
        (True, "TRUE"),
        (date(2025, 3, 5), "2025-03-05"),
        (datetime(2025, 3, 5, 14, 30), "2025-03-05 14:30:00"),
        ("00123", "00123"),
        (" x ", " x "),
        (123456789012345678, "123456789012345700"),  # as openpyxl writes it, with 16 digits
    ]
    values, texts = zip(*texts_by_value, strict=True)
    header = [*VISITS, *[f"列{n}" for n in range(len(values))]]

    def make(book: openpyxl.Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet["B2"].value, sheet["B2"].data_type = "#REF!", "e"

    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(header, [*VISIT, *values], make=make))
    desk.land()
    [(_, _, register_no, other)] = desk.cells("justice__visits", "register_no", "other")
    assert register_no == "#REF!"
    assert other == list(texts)


def test_a_number_is_a_month_with_six_digits_or_as_a_serial_number(desk: Desk) -> None:
    months: list[object] = [202503, 45717, 2025.3, 20250301, date(2025, 3, 1), "2025.3"]
    desk.put("justice/sweeps_20250401.xlsx", xlsx_bytes(SWEEPS, *[["安居镇", m, 1, 0, None] for m in months]))
    desk.land()
    assert [cell for *_, cell in desk.cells("justice__sweeps", "month")] == [
        "202503", "45717", "2025.300", "20250301.000", "2025-03-01", "2025.3",
    ]  # fmt: skip


def test_the_first_visible_sheet_with_a_cell_is_read(desk: Desk) -> None:
    def make(book: openpyxl.Workbook) -> None:
        book.active.sheet_state = "hidden"  # type: ignore[union-attr]
        book.create_sheet("空")["B3"] = "  "
        book.create_chartsheet("图")
        sheet = book.create_sheet("数据")
        for column, (header, value) in enumerate(zip(VISITS, VISIT, strict=True)):
            sheet.cell(4, 3 + column, header)
            sheet.cell(5, 3 + column, value)
        sheet.cell(9, 3, "V9")
        sheet.merge_cells("A1:D2")
        book.create_sheet("后")["A1"] = "x"
        book["后"].sheet_state = "veryHidden"

    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(["x"], make=make))
    assert desk.rules() == []
    assert desk.ask(
        "select sheet, hidden_sheets, header_row, rows_read, rows_skipped from warehouse.landing.batches"
    ) == [("数据", ["Sheet", "后"], 4, 5, 3)]
    assert [(no, kind, v) for no, kind, v in desk.cells("justice__visits", "visit_no") if v] == [
        (5, "data", "V1"),
        (9, "data", "V9"),
    ]


def test_b8_by_what_the_zip_says_and_by_rows(desk: Desk) -> None:
    rows = [["V" + str(n), *VISIT[1:]] for n in range(5)]
    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(VISITS, *rows))
    assert [r.message for r in desk.land(limits=Limits(unpacked_bytes=1000)).refused] == ["文件过大"]
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(VISITS, *rows, ["V9"]))
    desk.put("justice/visits_20250403.xlsx", xlsx_bytes(VISITS, *rows[:4], *[[" "]] * 9))
    assert {(r.path, r.rule) for r in desk.land(limits=Limits(rows=4)).refused if r.is_new} == {
        ("justice/visits_20250402.xlsx", "B8")
    }


def test_b8_is_a_sheet_that_memory_cannot_hold(desk: Desk) -> None:
    def make(book: openpyxl.Workbook) -> None:
        book.active.cell(1_048_576, 16_384, "x")  # type: ignore[union-attr]

    desk.put("justice/visits_20250401.xlsx", xlsx_bytes(VISITS, VISIT, make=make))
    assert desk.rules() == ["B8"]


def test_a_workbook_of_fifty_megabytes_of_blanks(desk: Desk) -> None:
    def blanks() -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(GOOD))
        out = io.BytesIO()
        book.save(out)
        with zipfile.ZipFile(out) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"]
        row = b'<row r="%d"><c r="A%d" t="str"><v> </v></c><c r="B%d" s="0"/></row>'
        filler = b"".join(row % (n, n, n) for n in range(3, 750_000))
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", filler + b"</sheetData>")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        assert len(parts["xl/worksheets/sheet1.xml"]) > 45_000_000
        return out.getvalue()

    desk.put("justice/visits_20250401.xlsx", blanks())
    assert desk.land().landed == 1
    assert desk.ask("select rows_read, rows_skipped from warehouse.landing.batches") == [(1, 0)]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_header_of_too_many_columns(desk: Desk, ending: str) -> None:
    """Refused by name, at once; the widest that can be lands."""
    for day, width in (("20250401", MAX_COLUMNS), ("20250402", MAX_COLUMNS + 1)):
        head, row = [*VISITS[:3], *[""] * (width - 4), VISITS[3]], [*VISIT[:3], *[""] * (width - 4), VISIT[3]]
        if ending == "csv":
            desk.put(f"justice/visits_{day}.csv", csv_bytes(head, row))
            continue
        plain = repacked(xlsx_bytes(VISITS, VISIT), b'r="D', f'r="{get_column_letter(width)}'.encode())
        desk.put(f"justice/visits_{day}.xlsx", plain)
    report = desk.land()
    assert (report.landed, [r.rule for r in report.refused]) == (1, ["B8"])


def repacked(content: bytes, old: bytes, new: bytes) -> bytes:
    """A workbook with something replaced in its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == "xl/worksheets/sheet1.xml" else data)
    return out.getvalue()
