"""Files of tiles: what a spreadsheet makes of each cell, and that it runs none."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.file_values import csv_text, csv_value, workbook

# what is in a tile, in a CSV file, and in a workbook with its format
CELLS: list[tuple[Any, Any, Any, str]] = [
    ("2,050", 2050, 2050, "#,##0"),
    (12.0, 12, 12, "#,##0"),
    ("12.50", "12.50", 12.5, "#,##0.########"),
    ("+3.1%", "3.1%", 0.031, "0.0%"),
    ("\N{MINUS SIGN}56.4%", "-56.4%", -0.564, "0.0%"),
    ("100%", "100%", 1, "0%"),
    (0.5, "0.5", 0.5, "#,##0.########"),
    ("4/5", "4／5", "4/5", "General"),
    ("1,178/2,050", "1,178／2,050", "1,178/2,050", "General"),
    ("2025-03", "2025–03", "2025-03", "General"),
    ("2025-06-19", date(2025, 6, 19), date(2025, 6, 19), "yyyy-mm-dd"),
    ("0126", "0126", "0126", "General"),
    ("1234567890123456", "1234567890123456", "1234567890123456", "General"),
    ("—", "—", "—", "General"),
    ("安居镇", "安居镇", "安居镇", "General"),
    (None, None, None, "General"),
    (float("nan"), None, None, "General"),
    (True, "是", "是", "General"),
    ("=max(rule)", "'=max(rule)", "'=max(rule)", "General"),
    ("@max", "'@max", "'@max", "General"),
    (" +max", "' +max", "' +max", "General"),
    ("-甲", "'-甲", "'-甲", "General"),
    ("+2人", "＋2人", "＋2人", "General"),
    ("+2.8个百分点", "＋2.8个百分点", "＋2.8个百分点", "General"),
    ("\N{MINUS SIGN}3人", "\N{MINUS SIGN}3人", "\N{MINUS SIGN}3人", "General"),
    ("+2人+max", "'+2人+max", "'+2人+max", "General"),
]


def read(content: bytes) -> list[Any]:
    """The cells of the one row of a workbook."""
    return list(openpyxl.load_workbook(io.BytesIO(content))["数据"][2])


@pytest.mark.parametrize(("value", "in_csv", "in_workbook", "number_format"), CELLS)
def test_cells(value: Any, in_csv: Any, in_workbook: Any, number_format: str) -> None:
    """Numbers are numbers, shares have their percent, nothing becomes a date, texts are guarded."""
    assert csv_value(value) == in_csv
    if value is None or value != value:
        return
    (cell,) = read(workbook(["列"], [[value]], []))
    found = cell.value.date() if cell.is_date else cell.value
    assert (found, cell.number_format) == (in_workbook, number_format)
    assert cell.data_type != "f"


def test_the_bytes_of_a_csv_file() -> None:
    """The mark of the encoding, Chinese titles, lines ended as spreadsheets want them, quotes doubled."""
    text = csv_text(["镇街", "率"], [["安居镇", "+3.1%"], ['说"好"', "4/5"], [None, 12.0]])
    assert text == '\ufeff镇街,率\r\n安居镇,3.1%\r\n"说""好""",4／5\r\n,12\r\n'


def test_a_workbook_says_what_its_data_is() -> None:
    """The second sheet has title, period and definition."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(["列"], [[1]], [("图表", "总体情况"), ("口径", "=max(rule)")])))
    assert book.sheetnames == ["数据", "说明"]
    assert [[c.value for c in row] for row in book["说明"].rows] == [["图表", "总体情况"], ["口径", "'=max(rule)"]]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12), min_size=1))
def test_no_cell_begins_a_formula(texts: list[str]) -> None:
    """Whatever a text is: a cell that begins with = + - @ is a number."""
    for (cell,) in csv.reader(io.StringIO(csv_text(["列"], [[text] for text in texts]), newline="")):
        if cell.lstrip()[:1] in ("=", "+", "-", "@"):
            float(cell.strip().rstrip("%"))
