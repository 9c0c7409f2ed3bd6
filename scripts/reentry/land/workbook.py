"""XLSX: which sheet is read, and its rows as text (FEEDS §1 and §2)."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from reentry.land.refusal import RefusedError
from reentry.land.sheet_xml import SheetFacts, sheet_facts, sheet_paths, uses_1904
from reentry.land.words import is_blank

MAX_BYTES = 2 << 30
MAX_ROWS = 2_000_000
MAX_CELLS = 64 << 20  # of the rectangle that holds all filled cells: it is laid out in memory
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Value = str | float | bool | date | time | timedelta


@dataclass(frozen=True)
class Sheet:
    """The sheet that is read."""

    name: str
    hidden: tuple[str, ...]  # names of the hidden sheets
    rows: Iterator[list[Value]]  # from the first row of the sheet on; at least one has a filled cell


def open_sheet(content: bytes) -> Sheet:
    """The first visible sheet with a filled cell; without any, no rows.

    RefusedError: B1 for what is no readable workbook (damaged, encrypted, 1904 dates), B8 for one that is too large.
    """
    if content.startswith(_OLE):
        raise RefusedError("B1", "工作簿已加密，或为旧版 XLS 格式")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise RefusedError("B8")
            if uses_1904(archive):
                raise RefusedError("B1", "工作簿采用 1904 日期系统")
            return _first_filled(content, archive)
    except RefusedError:
        raise
    except PasswordError as error:
        raise RefusedError("B1", "工作簿已加密") from error
    except Exception as error:  # whatever damage makes zipfile, zlib or calamine raise
        raise RefusedError("B1", "不是有效的 XLSX 工作簿，或已损坏") from error


def _first_filled(content: bytes, archive: zipfile.ZipFile) -> Sheet:
    paths = sheet_paths(archive)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    hidden = tuple(sheet.name for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible)
    for sheet in sheets:
        if sheet.name in hidden:
            continue
        facts = sheet_facts(archive, paths[sheet.name])
        if facts.rows > MAX_ROWS or facts.rows * facts.columns > MAX_CELLS:
            raise RefusedError("B8")
        rows = _rows(book.get_sheet_by_name(sheet.name), facts)
        first = list(itertools.islice(_until_filled(rows), 1))
        if first:
            return Sheet(sheet.name, hidden, itertools.chain(first[0], rows))
    return Sheet("", hidden, iter(()))


def _until_filled(rows: Iterator[list[Value]]) -> Iterator[list[list[Value]]]:
    """One list: the rows up to and with the first that has a filled cell; nothing when there is none."""
    seen: list[list[Value]] = []
    for row in rows:
        if len(seen) < 12 or not is_blank(list(map(cell_text, row))):
            seen.append(row)
        if not is_blank(list(map(cell_text, row))):
            yield seen
            return


def _rows(sheet: CalamineSheet, facts: SheetFacts) -> Iterator[list[Value]]:
    """Rows from the first of the sheet on, without the columns left of the first filled one; errors as their text."""
    rows: Iterator[list[Value]] = sheet.iter_rows()
    if not facts.errors:
        return rows
    left = sheet.start[1] if sheet.start else 0
    return _with_errors(rows, facts.errors, left)


def _with_errors(rows: Iterator[list[Value]], errors: dict[int, dict[int, str]], left: int) -> Iterator[list[Value]]:
    for number, row in enumerate(rows):
        for column, text in errors.get(number, {}).items():
            if left <= column < left + len(row):
                row[column - left] = text
        yield row


def cell_text(value: Value) -> str:
    """The text of a cell: numbers as the shortest decimal, dates as ISO dates, booleans TRUE or FALSE."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() | int():
            return shortest_decimal(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def month_text(value: Value) -> str:
    """As ``cell_text`` for a month column, where a number is a month only with six digits or as a serial number.

    Any other number gets decimals with which no text is a month: 2025.3 becomes 2025.300.
    """
    text = cell_text(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, float | int)
        or re.fullmatch(r"[0-9]{5,6}|[0-9]{5}\.[0-9]+", text)
    ):
        return text
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<3}"


def shortest_decimal(value: float) -> str:
    """The shortest decimal that gives the same double, without exponent and without ``.0``."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
