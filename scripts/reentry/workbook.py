"""Workbooks for people: a title, a frozen header, a filter, set to print; the same bytes for the same rows."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

_FONT = "Noto Sans CJK SC"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_LINE = Side(style="thin", color="C9D1D9")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_A4 = "9"

Cell = str | int | float | date | None


@dataclass(frozen=True)
class Column:
    """One column: its header, its width in characters, and where its cells stand (left, center, right)."""

    title: str
    width: float
    align: str = "left"


@dataclass(frozen=True)
class Sheet:
    """One sheet: ``notes`` stand between title and header; ``empty`` is said where there are no rows."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    notes: Sequence[str] = ()
    empty: str = "无"


def workbook_bytes(sheets: Sequence[Sheet], *, day: date) -> bytes:
    """The workbook as XLSX. ``day`` is when it says it was made: no clock is asked."""
    book = Workbook(write_only=True)
    book.properties.creator = "reentry"
    book.properties.created = datetime.combine(day, time())
    for sheet in sheets:
        _write(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue(), day)


def _write(book: Workbook, sheet: Sheet) -> None:
    page = book.create_sheet(sheet.name)
    header_row = 2 + len(sheet.notes)
    last = get_column_letter(len(sheet.columns))
    page.freeze_panes = f"A{header_row + 1}"
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_margins.left = page.page_margins.right = 0.4
    page.page_margins.top, page.page_margins.bottom = 0.5, 0.7
    page.page_margins.footer = 0.35
    page.print_title_rows = f"{header_row}:{header_row}"
    page.print_options.horizontalCentered = True
    page.oddFooter.center.text = "第 &P 页 共 &N 页"
    page.row_dimensions[1].height, page.row_dimensions[header_row].height = 27, 21
    page.append([_cell(page, sheet.title, Font(name=_FONT, size=15, bold=True))])
    for note in sheet.notes:
        page.append([_cell(page, note, Font(name=_FONT, size=10, color="5B6670"))])
    page.append([_header(page, column.title) for column in sheet.columns])
    count = 0
    for count, row in enumerate(sheet.rows, 1):  # noqa: B007 (how many there were)
        page.append([_body(page, value, column) for value, column in zip(row, sheet.columns, strict=True)])
    if not count:
        page.append([_body(page, sheet.empty, sheet.columns[0])])
    page.auto_filter.ref = f"A{header_row}:{last}{header_row + max(count, 1)}"


def _cell(page: Any, value: Cell, font: Font) -> Any:
    held: Any = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    cell: Any = WriteOnlyCell(page, value=held)
    cell.font = font
    return cell


def _header(page: Any, title: str) -> Any:
    cell = _cell(page, title, Font(name=_FONT, size=10, bold=True, color="FFFFFF"))
    cell.fill = PatternFill("solid", fgColor="1F4E79")
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.border = _BORDER
    return cell


def _body(page: Any, value: Cell, column: Column) -> Any:
    cell = _cell(page, value, Font(name=_FONT, size=10))
    if isinstance(value, str) and value.startswith("="):
        cell.data_type = "s"  # what an agency wrote is never a formula
    cell.alignment = Alignment(horizontal=column.align, vertical="center", wrap_text=True)
    cell.border = _BORDER
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def _without_clock(content: bytes, day: date) -> bytes:
    """The same zip with fixed times: openpyxl writes those of the clock."""
    made = io.BytesIO()
    stamp = f"{day.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", data)
            target.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
