"""Workbooks: their sheets, the cells of a sheet row by row, and what is known of cells beside their values.

``open_workbook`` is the one interface; a format other than XLSX gets a class of its own beside ``Xlsx``.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from python_calamine import CalamineWorkbook, PasswordError

from reentry.land.limits import Limits
from reentry.land.refusal import RefusedError
from reentry.land.sheet_xml import SheetFacts, parts_of, sheet_facts, sheet_parts, uses_1904, wan_styles

# what calamine takes for a sheet, and what the process takes before it opens one
_RECTANGLE_CELL_BYTES, _FILLED_CELL_BYTES, _BASE_BYTES = 32, 64, 200 << 20

Value = str | float | bool | date | time | timedelta


@dataclass(frozen=True)
class SheetInfo:
    """A worksheet; ``position`` is its place among all sheets of the workbook, from 0."""

    name: str
    position: int
    is_hidden: bool


@dataclass(frozen=True)
class SheetCells:
    """The cells of one sheet: rows from the first of the sheet on, columns from ``first_column`` on.

    An error cell is the text that Excel shows. ``facts`` count rows and columns from the first of the sheet.
    """

    first_column: int
    facts: SheetFacts
    rows: Iterator[list[Value]]


class Workbook(Protocol):
    """What every format gives."""

    sheets: list[SheetInfo]

    def read(self, sheet: SheetInfo) -> SheetCells:
        """The cells of a sheet, as often as asked for; RefusedError B8 before too large a one is laid out."""


def open_workbook(content: bytes, limits: Limits) -> Workbook:
    """A workbook of any format that is read; RefusedError B1 for what cannot be read, B8 for what is too large."""
    return Xlsx(content, limits)


class Xlsx:
    """A workbook of Excel 2007 and later."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        """RefusedError B1 for what is damaged, encrypted or has 1904 dates."""
        self._limits, self._size = limits, len(content)
        with _damage():
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            if sum(entry.file_size for entry in self._archive.infolist()) > limits.unpacked_bytes:
                raise RefusedError("B8")
            parts = parts_of(self._archive)
            if uses_1904(self._archive, parts):
                raise RefusedError("B1", "工作簿采用 1904 日期系统，请在 Excel 选项中取消后另存再报")
            self._parts = sheet_parts(self._archive, parts)
            self._wan = wan_styles(self._archive, parts)
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            if [part.name for part in self._parts] != self._book.sheet_names:
                raise RefusedError("B1", _DAMAGED)
        self.sheets = [SheetInfo(p.name, n, p.is_hidden) for n, p in enumerate(self._parts) if p.part]
        self._facts: dict[int, SheetFacts] = {}

    def read(self, sheet: SheetInfo) -> SheetCells:
        """As ``Workbook.read``."""
        with _damage():
            facts = self._facts.get(sheet.position) or self._look_through(sheet)
            if any(text not in _CALAMINE_ERRORS for texts in facts.errors.values() for text in texts.values()):
                self._mend_errors(sheet)
            if not facts.filled:
                return SheetCells(0, facts, iter(()))
            laid_out = self._book.get_sheet_by_index(sheet.position)
            first = laid_out.start[1] if laid_out.start else 0
            return SheetCells(first, facts, _with_errors(laid_out.iter_rows(), facts.errors, first))

    def _mend_errors(self, sheet: SheetInfo) -> None:
        """Gives calamine a copy in which errors that it refuses (#SPILL! and later ones) are of a kind it knows."""
        part, made = self._parts[sheet.position].part, io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for entry in self._archive.infolist():
                data = self._archive.read(entry)
                copy.writestr(entry.filename, _ERROR_VALUE.sub(rb"\1#REF!", data) if entry.filename == part else data)
        self._book = CalamineWorkbook.from_filelike(io.BytesIO(made.getvalue()))

    def _look_through(self, sheet: SheetInfo) -> SheetFacts:
        facts = sheet_facts(self._archive, self._parts[sheet.position].part, self._wan)
        cells = facts.rows * facts.columns
        need = _BASE_BYTES + 2 * self._size + _RECTANGLE_CELL_BYTES * cells + _FILLED_CELL_BYTES * facts.filled
        if need > self._limits.memory_mb << 20:
            raise RefusedError("B8")
        self._facts[sheet.position] = facts
        return facts


_CALAMINE_ERRORS = frozenset(["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DATA!"])
_ERROR_VALUE = re.compile(rb"(<(?:\w+:)?v>)#[^<]*")

_DAMAGED = "不是有效的 XLSX 工作簿，或已损坏，请用 Excel 打开检查后另存再报"


class _damage:  # noqa: N801 (used as a context manager only)
    """Turns whatever damage makes zipfile, expat or calamine raise into B1."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PasswordError):
            raise RefusedError("B1", ENCRYPTED) from error
        if isinstance(error, Exception) and not isinstance(error, RefusedError | MemoryError):
            raise RefusedError("B1", _DAMAGED) from error


ENCRYPTED = "工作簿已加密，请取消密码后另存再报"


def _with_errors(rows: Iterator[list[Value]], errors: dict[int, dict[int, str]], first: int) -> Iterator[list[Value]]:
    for number, row in enumerate(rows):
        for column, text in errors.get(number, {}).items():
            if first <= column < first + len(row):
                row[column - first] = text
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
    """The shortest decimal that gives the same double, without exponent and without ``.0``.

    What is no finite number keeps an exponent, or stays NaN, so that nothing takes it for a number.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "1E+999" if value > 0 else "-1E+999"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
