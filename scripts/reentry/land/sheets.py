"""Which sheets of a workbook are read, and their rows as text with notes on the cells that are out of the rule."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reentry.contract import Feed
from reentry.land.header import MAX_TITLES, Header, find_header, missing_headers
from reentry.land.places import MAX_SHEETS
from reentry.land.refusal import RefusedError
from reentry.land.sheet_xml import Places
from reentry.land.words import is_blank, is_footer
from reentry.land.workbook import SheetCells, SheetInfo, Value, Workbook, cell_text, month_text

# Notes on a cell of a contract column, kept with its row beside the text.
NUMBER = "number"  # a number cell of 16 and more digits: the last ones are lost
LATE = "late"  # a date cell in the last minute of its day
WAN = "wan"  # a number that its format shows in units of ten thousand
FORMULA = "formula"  # a formula without a stored value: the text is empty
ERROR = "error"  # an error cell: the text is what Excel shows
MERGED = "merged"  # an empty cell under a merged one that is not filled from it
_EXACT_BELOW = 1e15


class Row(NamedTuple):
    """The texts of a row, and ``column:note`` of each cell of a contract column that has a note."""

    texts: list[str]
    notes: list[str]


@dataclass(frozen=True)
class LeftOut:
    """Names of sheets that are not read, each reported (W14)."""

    hidden: tuple[str, ...] = ()
    without_header: tuple[str, ...] = ()  # visible, with filled cells
    repeated: tuple[str, ...] = ()  # all their rows stand in other sheets

    def __bool__(self) -> bool:
        return bool(self.hidden or self.without_header or self.repeated)


NOTHING_LEFT_OUT = LeftOut()


@dataclass(eq=False)
class FoundSheet:
    """A visible sheet with the header row."""

    book: Workbook
    info: SheetInfo
    header: Header
    cells: SheetCells | None = None  # laid out but not taken yet

    def rows(self, feed: Feed) -> Iterator[Row]:
        """The rows below the header, without the blank ones at the end."""
        cells, self.cells = self.cells or self.book.read(self.info), None
        return _rows(cells, self.header, feed)


@dataclass
class FoundSheets:
    """The sheets that are read, in order, and the others."""

    read: list[FoundSheet] = field(default_factory=list)
    left_out: LeftOut = NOTHING_LEFT_OUT


def find_sheets(book: Workbook, feed: Feed) -> FoundSheets:
    """All visible sheets with the header row, but those that repeat others; RefusedError B2 when there is none."""
    found: list[FoundSheet] = []
    without_header: list[str] = []
    tops: list[list[str]] = []
    visible = [info for info in book.sheets if not info.is_hidden]
    for info in visible:
        cells = book.read(info)
        top = list(itertools.islice(cells.rows, MAX_TITLES + 1))
        texts = [list(map(cell_text, row)) for row in top]
        header = find_header(feed, texts)
        if header is not None:
            rest = itertools.chain(top, cells.rows)
            found.append(FoundSheet(book, info, header, SheetCells(cells.first_column, cells.facts, rest)))
            if len(found) > 1:  # two sheets of a workbook need not lie in memory at once
                found[-2].cells = found[-1].cells = None
        elif any(not is_blank(list(map(cell_text, row))) for row in itertools.chain(top, cells.rows)):
            without_header.append(info.name)
        tops += texts
    if not found:
        columns = "、".join(missing_headers(feed, tops))
        raise RefusedError("B2", f"{columns}（看过的工作表：{'、'.join(info.name for info in visible)}）")
    if len(found) > MAX_SHEETS:
        raise RefusedError("B8")
    repeated = _repeated(found, feed) if len(found) > 1 else []
    left_out = LeftOut(
        hidden=tuple(info.name for info in book.sheets if info.is_hidden),
        without_header=tuple(without_header),
        repeated=tuple(sheet.info.name for sheet in repeated),
    )
    return FoundSheets([sheet for sheet in found if sheet not in repeated], left_out)


def _repeated(found: list[FoundSheet], feed: Feed) -> list[FoundSheet]:
    """Sheets all of whose rows stand, the same cells, in others that are read: the longest first, of equals the last.

    A row is known by the hash of its cells under their headers, without empty ones.
    """
    rows = {n: _row_hashes(sheet, feed) for n, sheet in enumerate(found)}
    left_out: list[int] = []
    while True:
        repeated = [
            n
            for n, own in rows.items()
            if own and own <= set().union(*(others for m, others in rows.items() if m != n))
        ]
        if not repeated:
            return [found[n] for n in sorted(left_out)]
        gone = max(repeated, key=lambda n: (len(rows[n]), n))
        left_out.append(gone)
        del rows[gone]


def _row_hashes(sheet: FoundSheet, feed: Feed) -> set[int]:
    names = [column.column or column.header for column in sheet.header.columns]
    return {
        hash(frozenset((name, text) for name, text in zip(names, row.texts, strict=False) if text))
        for row in sheet.rows(feed)
        if not is_blank(row.texts) and not is_footer(row.texts)
    }


def _rows(cells: SheetCells, header: Header, feed: Feed) -> Iterator[Row]:
    """Rows below the header as texts and notes, without the blank ones at the end."""
    wanted = {n: column.column for n, column in enumerate(header.columns) if column.column}
    types = {column.name: column.type for column in feed.columns}
    months = [n for n, name in wanted.items() if types.get(name) == "month"]
    known = _Known(cells, header, feed, wanted)
    skipped = 0
    for number, values in enumerate(itertools.islice(cells.rows, header.row_no, None), header.row_no):
        texts, odd = _texts(values)
        for n in months:
            if n < len(values):
                texts[n] = month_text(values[n])
        if is_blank(texts) and not known.has_formula(number):
            skipped += 1
            continue
        notes = [f"{wanted[n]}:{note}" for n, note in odd if n in wanted]
        if known:
            known.add_to(number, texts, notes)
        for _ in range(skipped):
            yield Row([""] * len(texts), [])
        skipped = 0
        yield Row(texts, notes)


def _texts(values: list[Value]) -> tuple[list[str], list[tuple[int, str]]]:
    """The texts of a row, and the places of cells whose value has a note."""
    texts: list[str] = []
    odd: list[tuple[int, str]] = []
    for value in values:
        kind = type(value)
        if kind is str:
            texts.append(value)  # type: ignore[arg-type]
            continue
        if kind is float or kind is int:
            if not -_EXACT_BELOW < value < _EXACT_BELOW:  # type: ignore[operator]
                odd.append((len(texts), NUMBER))
        elif kind is datetime and (value.hour, value.minute) == (23, 59):  # type: ignore[union-attr]
            odd.append((len(texts), LATE))
        texts.append(cell_text(value))
    return texts, odd


class _Known:
    """What is known of a sheet's cells beside their values, by contract column."""

    def __init__(self, cells: SheetCells, header: Header, feed: Feed, wanted: dict[int, str]) -> None:
        facts, self._wanted = cells.facts, wanted
        columns = {n + cells.first_column: n for n in wanted}
        self._places: list[tuple[str, dict[int, list[int]]]] = [
            (note, of_note)
            for note, places in (
                (ERROR, {row: list(texts) for row, texts in facts.errors.items()}),
                (FORMULA, facts.formulas),
                (WAN, facts.in_wan),
            )
            if (of_note := _within(places, columns))
        ]
        fills = {column.name for column in feed.columns if column.fills_down}
        self._merged = [
            _MergedColumn(n, wanted[n], spans, is_filled=wanted[n] in fills)
            for column, n in columns.items()
            if (spans := _spans(cells, column, header.row_no))
        ]

    def __bool__(self) -> bool:
        """Whether there is anything to add to any row."""
        return bool(self._places or self._merged)

    def has_formula(self, number: int) -> bool:
        """Whether a row has a formula without a value in a contract column: such a row is not blank."""
        return any(note == FORMULA and number in places for note, places in self._places)

    def add_to(self, number: int, texts: list[str], notes: list[str]) -> None:
        """Adds the notes of a row, and fills it from merged cells."""
        for note, places in self._places:
            notes += [f"{self._wanted[n]}:{note}" for n in places.get(number, ())]
        for column in self._merged:
            column.add_to(number, texts, notes)


def _within(places: Places, columns: dict[int, int]) -> dict[int, list[int]]:
    found = {row: [columns[c] for c in of_row if c in columns] for row, of_row in places.items()}
    return {row: of_row for row, of_row in found.items() if of_row}


def _spans(cells: SheetCells, column: int, first_row: int) -> list[tuple[int, int, bool]]:
    """Rows of a column that merged cells take: first, last, whether the column is their first; they do not overlap."""
    spans: list[tuple[int, int, bool]] = []
    for top, bottom, left, right in sorted(cells.facts.merges):
        if left <= column <= right and bottom >= first_row and (bottom > top or left < column):
            begin = max(top, spans[-1][1] + 1) if spans else top
            if begin <= bottom:
                spans.append((begin, bottom, left == column and top >= first_row))
    return spans


class _MergedColumn:
    """A column with merged cells: taken from row to row."""

    def __init__(self, n: int, name: str, spans: list[tuple[int, int, bool]], *, is_filled: bool) -> None:
        self._n, self._name, self._spans, self._is_filled = n, name, spans, is_filled
        self._starts = [first for first, _, _ in spans]
        self._held = (-1, "")

    def add_to(self, number: int, texts: list[str], notes: list[str]) -> None:
        at = bisect_right(self._starts, number) - 1
        if at < 0 or number > self._spans[at][1] or self._n >= len(texts):
            return
        first, _, is_first_column = self._spans[at]
        if number == first and is_first_column:
            self._held = (at, texts[self._n])
        elif self._is_filled and is_first_column:
            texts[self._n] = self._held[1] if self._held[0] == at else ""
        elif not texts[self._n]:
            notes.append(f"{self._name}:{MERGED}")
