"""The header row: where it is, which contract column each cell names, which unit, what counts as sealed (FEEDS §1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reentry.contract import WITHDRAWN_HEADER, Feed
from reentry.land.refusal import RefusedError
from reentry.land.words import clean, squeeze

MAX_TITLES = 10
MAX_COLUMNS = 4_000  # more would take gigabytes to lay out
SEPARATORS = (",", "\t", ";")  # the first under which there is a header row holds
WITHDRAWN = "withdrawn"
_SEALED_WORD = "封存"
_WAN = "万元"
_BRACKET = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]$")

Cells = Sequence[str] | None  # of one record; None when its quotes are broken


@dataclass(frozen=True)
class FileColumn:
    """One column of a file."""

    header: str  # as written, trimmed
    column: str | None  # the contract column (or ``withdrawn``) that it gives; None for unknown and repeated ones
    unit: str | None = None  # 万元 or None; money columns only
    is_unknown: bool = False  # no column of the feed has this header
    is_sealed: bool = False  # the header says 封存

    def document(self) -> dict[str, Any]:
        """As kept in ``landing.batches.columns``."""
        return {"header": self.header, "column": self.column, "unit": self.unit, "is_unknown": self.is_unknown}


@dataclass(frozen=True)
class Header:
    """The header row and what stands above it."""

    row_no: int  # 1-based number of its record
    titles: tuple[str, ...]
    columns: tuple[FileColumn, ...]  # up to the last one with a text

    @property
    def width(self) -> int:
        """Number of columns; cells further to the right are surplus (Q6)."""
        return len(self.columns)

    def position(self, column: str) -> int | None:
        """Where a contract column stands, from 0; None when the file has it not."""
        return next((n for n, c in enumerate(self.columns) if c.column == column), None)


def find_header(feed: Feed, records: Sequence[Cells]) -> Header | None:
    """The header in the first records of a file: the first that holds every required one, below at most ten titles.

    RefusedError B8 for one of more than MAX_COLUMNS columns, blank ones between included.
    """
    for position, cells in enumerate(records[: MAX_TITLES + 1]):
        if cells is not None and not missing_headers(feed, [cells]):
            return _header(feed, records[:position], cells)
    return None


def missing_headers(feed: Feed, records: Iterable[Cells]) -> tuple[str, ...]:
    """Official headers of the required columns that the best of the records has not."""
    names = _names(feed)
    required = [column for column in feed.columns if column.required]
    best = tuple(column.headers[0] for column in required)
    for cells in records:
        found = {names.get(_parts(cell)[0]) for cell in cells or ()}
        missing = tuple(column.headers[0] for column in required if column.name not in found)
        best = min(best, missing, key=len)
    return best


def _names(feed: Feed) -> dict[str, str]:
    names = {header: column.name for column in feed.columns for header in column.headers}
    return names if feed.is_snapshot else {**names, WITHDRAWN_HEADER: WITHDRAWN}


def _parts(header: str) -> tuple[str, str]:
    """A header without white space and without one bracket at its end, and what that bracket says."""
    word = squeeze(header)
    match = _BRACKET.search(word)
    return (word[: match.start()], match[1]) if match else (word, "")


def _header(feed: Feed, above: Sequence[Cells], cells: Sequence[str]) -> Header:
    names = _names(feed)
    money = {column.name for column in feed.columns if column.type == "money"}
    title_unit = _WAN if any("单位:万元" in squeeze("".join(title or ())) for title in above) else None
    columns: list[FileColumn] = []
    taken: set[str] = set()
    for cell in cells:
        text = clean(cell)
        base, bracket = _parts(cell)
        column = names.get(base)
        is_sealed = _SEALED_WORD in squeeze(cell)
        if column is None and is_sealed and "sealed" in feed.column_names:
            column = "sealed"
        is_unknown = column is None and text != ""
        kept = column if column is not None and column not in taken else None
        if kept:
            taken.add(kept)
        unit = (_WAN if _WAN in bracket else None if "元" in bracket else title_unit) if kept in money else None
        columns.append(FileColumn(text, kept, unit, is_unknown, is_sealed))
    while columns and not columns[-1].header:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise RefusedError("B8")
    titles = tuple(" ".join(filter(None, map(clean, title or ()))) for title in above)
    return Header(len(above) + 1, titles, tuple(columns))
