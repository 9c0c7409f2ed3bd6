"""Files, FEEDS.md §1: from bytes to records of text, before anything is known of their meaning."""

from __future__ import annotations

import html
import io
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from .cells import text

MAX_BYTES = 2 * 1024**3
SEPARATORS = (",", "\t", ";")
LOST_DIGITS = 16
LAST_MINUTE = time(23, 59)
NEVER_CALCULATED = "#GETTING_DATA"  # what stands for a formula without a value: as any other error


class UnreadableError(Exception):
    """The file is neither a readable text nor a readable workbook (B1)."""


class TooLargeError(Exception):
    """The file unpacks to more than 2 GiB (B8)."""


class Number(str):
    """The text of an XLSX number cell."""

    __slots__ = ()

    @property
    def is_longer_than_exact(self) -> bool:
        """Whether it has 16 and more digits, of which a double loses the last."""
        return len(self.lstrip("-").partition(".")[0]) >= LOST_DIGITS


class InWan(Number):
    """The text of an XLSX number cell whose format shows it in units of ten thousand."""

    __slots__ = ()


class NextDay(str):
    """The day of an XLSX date cell in the last minute of the day before."""

    __slots__ = ()


class Merged(str):
    """The text of an XLSX cell under a merged one; ``above``: of the cell that it is merged with, if in its column."""

    __slots__ = ("above",)
    above: str | None


@dataclass
class Record:
    """One record; of a CSV line whose quotes are broken (Q6) ``cells`` are those before the fault."""

    no: int
    cells: list[str]
    is_broken: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether every cell is empty after trimming."""
        return not self.is_broken and all(not text(cell) for cell in self.cells)


@dataclass
class Workbook:
    """The sheet that is read, and the names of hidden ones."""

    records: list[Record]
    hidden: list[str] = field(default_factory=list)


def decode(content: bytes) -> str:
    """Text of a CSV: by BOM, else strict UTF-8, else strict GB18030; every line end becomes one line feed."""
    if content.startswith(b"\xef\xbb\xbf"):
        tried = ["utf-8-sig"]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    else:
        tried = ["utf-8", "gb18030"]
    for encoding in tried:
        try:
            found = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return found.replace("\r\n", "\n").replace("\r", "\n")
    raise UnreadableError(f"none of {tried}")


def csv_records(content: str, separator: str, limit: int | None = None) -> list[Record]:
    """Records of a CSV text, blank ones included, at most ``limit``."""
    records: list[Record] = []
    position = 0
    while position < len(content) and (limit is None or len(records) < limit):
        end = content.find("\n", position)
        end = len(content) if end < 0 else end
        line = content[position:end]
        is_broken = False
        if '"' in line:
            cells, is_broken, position = _quoted_record(content, position, separator)
        else:
            cells, position = line.split(separator), end + 1
        records.append(Record(len(records) + 1, cells, is_broken))
    return records


def _quoted_record(content: str, start: int, separator: str) -> tuple[list[str], bool, int]:
    """Cells of the record at ``start``, whether its quotes are broken (then those before), and where the next begins.

    A quoted field is broken when no closing quote follows, or what follows that is neither separator nor line end.
    Then the line on which the field opened ends the record, and reading goes on at the next line.
    """
    cells: list[str] = []
    position = start
    while True:
        if content.startswith('"', position):
            closing = _closing_quote(content, position)
            follows = content[closing + 1 : closing + 2] if closing is not None else None
            if closing is None or follows not in (separator, "\n", ""):
                return cells, True, _end_of_line(content, position) + 1
            cells.append(content[position + 1 : closing].replace('""', '"'))
            position = closing + 1
        else:
            end = _end_of_line(content, position)
            stop = content.find(separator, position, end)
            stop = end if stop < 0 else stop
            cells.append(content[position:stop])
            position = stop
        if content[position : position + 1] != separator:
            return cells, False, position + 1
        position += 1


def _closing_quote(content: str, opening: int) -> int | None:
    position = opening + 1
    while (found := content.find('"', position)) >= 0:
        if content[found + 1 : found + 2] != '"':
            return found
        position = found + 2
    return None


def _end_of_line(content: str, position: int) -> int:
    end = content.find("\n", position)
    return len(content) if end < 0 else end


def read_workbook(content: bytes) -> Workbook:
    """The first visible sheet that has any text; raises UnreadableError (B1) or TooLargeError (B8)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                raise TooLargeError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read_sheets(content)
    except (UnreadableError, TooLargeError):
        raise
    except Exception as error:  # whatever a damaged workbook makes a reader raise
        raise UnreadableError(str(error)) from error


def _read_sheets(content: bytes) -> Workbook:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    if book.epoch == CALENDAR_MAC_1904:
        raise UnreadableError("1904 date system")
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # what a file says of its own size is not to be trusted
        records = [
            Record(no, [cell_text(value) for value in values])
            for no, values in enumerate(sheet.iter_rows(values_only=True), 1)
        ]
        for row, column in _formulas(content, sheet.title):
            cells = records[row - 1].cells
            cells[column - 1] = cells[column - 1] or NEVER_CALCULATED
        for row, column in _in_wan(content, sheet.title):
            cells = records[row - 1].cells
            cells[column - 1] = InWan(cells[column - 1])
        _merge(content, str(sheet._worksheet_path), records)  # type: ignore[attr-defined]
        if any(not record.is_blank for record in records):
            return Workbook(records, hidden)
    return Workbook([], hidden)


def _formulas(content: bytes, title: str) -> list[tuple[int, int]]:
    """Row and column of the cells of a sheet that hold a formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f" in archive.read(name) for name in sheets):
            return []
    sheet = openpyxl.load_workbook(io.BytesIO(content))[title]
    cells = (one for line in sheet.iter_rows() for one in line if one.data_type == "f")
    return [(int(one.row or 0), int(one.column or 0)) for one in cells]


def _in_wan(content: bytes, title: str) -> list[tuple[int, int]]:
    """Row and column of the number cells of a sheet whose format shows them in units of ten thousand."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles = archive.read("xl/styles.xml").decode() if "xl/styles.xml" in archive.namelist() else ""
    if not any(shows_wan(html.unescape(code)) for code in re.findall(r'formatCode="([^"]*)"', styles)):
        return []
    sheet = openpyxl.load_workbook(io.BytesIO(content))[title]
    cells = (one for line in sheet.iter_rows() for one in line if one.data_type == "n" and one.value is not None)
    return [(int(one.row or 0), int(one.column or 0)) for one in cells if shows_wan(one.number_format)]


def shows_wan(code: str) -> bool:
    """Whether a number format puts a written point four places from the right; a comma at its end hides three."""
    match = re.search(r'(?:[!\\]\.|"\.")([0#?]*)(,*)', code)
    return match is not None and match[1] != "" and len(match[1]) + 3 * len(match[2]) == 4


def _merge(content: bytes, part: str, records: list[Record]) -> None:
    """Marks the cells under merged ones."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        areas = re.findall(r'<mergeCell ref="([A-Z0-9:]+)"', archive.read(part).decode())
    for area in areas:
        left, top, right, bottom = (int(edge or 0) for edge in range_boundaries(area))
        for row in range(top, min(bottom, len(records)) + 1):
            cells = records[row - 1].cells
            cells += [""] * (right - len(cells))
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    under = Merged(cells[column - 1])
                    under.above = records[top - 1].cells[left - 1] if column == left else None
                    cells[column - 1] = under


def cell_text(value: object) -> str:
    """The text of an XLSX cell: numbers as the shortest decimal, dates as ISO dates, booleans TRUE or FALSE."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return Number(shortest_decimal(float(value)))
        case datetime() if value.time() >= LAST_MINUTE:
            return NextDay((value.date() + timedelta(days=1)).isoformat())
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def shortest_decimal(value: float) -> str:
    """The shortest decimal that gives the same double, without exponent and without ``.0``."""
    return re.sub(r"\.0+$", "", format(Decimal(repr(value)), "f"))
