"""Tables, FEEDS.md §1: header row, titles, units, footers and blank rows among the records of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from .cells import OK, Places, cell, money, squeeze, text
from .contract import COUNT_COLUMNS, FILLED_DOWN, SEALED_WORD, WITHDRAWN, WITHDRAWN_HEADER, Feed
from .files import SEPARATORS, InWan, Merged, NextDay, Number, Record, csv_records

MAX_TITLES = 10
TOTALS = ("合计", "总计")
FOOTER_WORDS = ("合计", "小计", "总计")
FOOTER_STARTS = ("填报人", "填表人", "审核人", "制表", "联系电话", "备注:", "注:")  # after NFKC
_BRACKET = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]$")


@dataclass
class Table:
    """A file's rows below its header, and where each contract column stands."""

    feed: Feed
    at: dict[str, int]  # column name -> position; columns that are not in the file are missing
    kinds: dict[str, str]  # column name -> type, with the unit of money columns
    sealed_at: list[int]  # positions of headers that contain 封存
    unknown: list[str]  # header texts that are no column of the feed
    width: int  # number of columns up to the last header
    rows: list[Record]  # every row read, in order: data, footers and blank rows between

    def raw(self, record: Record, column: str) -> str:
        """The text of a cell as delivered; empty where the record or the file does not reach."""
        raw = self._cell(record, column)
        if isinstance(raw, Merged) and raw.above is not None and self._fills_down(column):
            return raw.above
        return raw

    def _cell(self, record: Record, column: str) -> str:
        position = self.at.get(column)
        cells = record.cells
        return cells[position] if position is not None and position < len(cells) else ""

    def _fills_down(self, column: str) -> bool:
        return self.kinds.get(column) in ("township", "office", "district") or column in FILLED_DOWN

    def unfilled(self, record: Record) -> list[str]:
        """The columns in which the row has an empty cell under a merged one that does not hold for it (W18)."""
        return [
            name
            for name in self.at
            if isinstance(raw := self._cell(record, name), Merged) and not text(raw)
            if raw.above is None or not self._fills_down(name)
        ]

    def kind(self, column: str, raw: str) -> str:
        """The type to read a cell with: of a month in a number cell, and of money shown in 万, not that of text."""
        kind = self.kinds[column]
        if kind == "money:万元" and isinstance(raw, InWan):
            return "money:元"
        return "month:number" if kind == "month" and isinstance(raw, Number) else kind

    @property
    def said_wan_twice(self) -> list[str]:
        """The columns whose header or title says 万元 with a cell whose number format says it too (W53)."""
        in_wan = [name for name in self.at if self.kinds.get(name) == "money:万元"]
        return [name for name in in_wan if any(isinstance(self._cell(record, name), InWan) for record in self.data)]

    @property
    def early_days(self) -> list[str]:
        """The date columns with a cell in the last minute of a day (W17)."""
        dates = [name for name in self.at if self.kinds.get(name) == "date"]
        return [name for name in dates if any(isinstance(self.raw(record, name), NextDay) for record in self.data)]

    @cached_property
    def data(self) -> list[Record]:
        """The rows that are neither footers nor blank."""
        return [record for record in self.rows if not is_skipped(record)]


def csv_table(feed: Feed, content: str) -> Table | None:
    """The table of a CSV under the first separator that gives a header row; None without any (B2)."""
    for separator in SEPARATORS:
        if find_header(feed, csv_records(content, separator, MAX_TITLES + 1)) is not None:
            return table(feed, csv_records(content, separator))
    return None


def table(feed: Feed, records: list[Record]) -> Table | None:
    """The table in the records of a file; None without a header row (B2)."""
    header = find_header(feed, records)
    if header is None:
        return None
    names = records[header].cells
    wanted = _wanted(feed)
    money_unit = "万元" if any(_says_wan(record) for record in records[:header]) else "元"
    at: dict[str, int] = {}
    kinds = feed.kinds()
    sealed_at: list[int] = []
    unknown: dict[str, None] = {}
    for position, name in enumerate(names):
        base, bracket = header_parts(name)
        column = wanted.get(base)
        if SEALED_WORD in squeeze(text(name)):
            sealed_at.append(position)
            if column is None and "sealed" in kinds:
                column = "sealed"
        if column is None:
            if text(name):
                unknown[text(name)] = None
        elif column not in at:
            at[column] = position
            if kinds.get(column) == "money":
                kinds[column] = f"money:{_unit(bracket) or money_unit}"
    width = max((n for n, name in enumerate(names, 1) if text(name)), default=0)
    rows = records[header + 1 :]
    while rows and rows[-1].is_blank:
        rows.pop()
    return Table(feed, at, kinds, sealed_at, list(unknown), width, rows)


def find_header(feed: Feed, records: list[Record]) -> int | None:
    """Position of the first record, below at most ten title rows, that holds every required header."""
    wanted = _wanted(feed)
    required = {column.name for column in feed.columns if column.required}
    for position, record in enumerate(records[: MAX_TITLES + 1]):
        if not record.is_broken and required <= {wanted.get(header_parts(name)[0]) for name in record.cells}:
            return position
    return None


def header_parts(name: str) -> tuple[str, str]:
    """A header without white space and without one bracket at its end, and what that bracket says."""
    word = squeeze(text(name))
    match = _BRACKET.search(word)
    return (word[: match.start()], match[1]) if match else (word, "")


def _wanted(feed: Feed) -> dict[str, str]:
    names = {header: column.name for column in feed.columns for header in column.headers}
    return names if feed.is_snapshot else {**names, WITHDRAWN_HEADER: WITHDRAWN}


def _unit(bracket: str) -> str | None:
    return "万元" if "万元" in bracket else "元" if "元" in bracket else None


def _says_wan(record: Record) -> bool:
    return not record.is_broken and "单位:万元" in "".join(squeeze(text(value)) for value in record.cells)


def is_skipped(record: Record) -> bool:
    """Whether a row below the header is a footer or blank. A line with broken quotes is data."""
    if record.is_broken:
        return False
    first = _first_word(record)
    return first == "" or _footer_word(first) in FOOTER_WORDS or first.startswith(FOOTER_STARTS)


def _first_word(record: Record) -> str:
    return next((word for word in map(text, record.cells) if word), "")


def _footer_word(first: str) -> str:
    return squeeze(first).removesuffix(":")


def is_sealed(found: Table, known: Places) -> bool:
    """B7: whether a data row has, under a header that contains 封存, anything but false or null."""
    for record in found.data if found.sealed_at else []:
        for position in found.sealed_at:
            raw = record.cells[position] if position < len(record.cells) else ""
            state, value = cell("flag", raw, known)
            if value is True or state not in (OK, "null"):
                return True
    return False


def wrong_total(found: Table, known: Places) -> bool:
    """B4: whether a 合计 or 总计 row prints a number that is not the sum of its column."""
    totals = [record for record in found.rows if not record.is_broken and _footer_word(_first_word(record)) in TOTALS]
    columns = [
        column
        for column, kind in found.kinds.items()
        if column in found.at and (kind.startswith("money") or column in COUNT_COLUMNS)
    ]
    for column in columns if totals else []:
        sum_of_cells = Decimal(0)
        for record in found.data:
            if record.is_broken and found.sealed_at:  # what it is nobody can tell, so nothing of it is kept
                continue
            raw = found.raw(record, column)
            value = cell(found.kind(column, raw), raw, known)[1]
            sum_of_cells += value if isinstance(value, int | Decimal) else 0
        for record in totals:
            raw = found.raw(record, column)
            printed = _printed(found.kind(column, raw), text(raw))
            if printed is not None and abs(printed[0] - sum_of_cells) > printed[1]:
                return True
    return False


def _printed(kind: str, word: str) -> tuple[Decimal, Decimal] | None:
    """The number in a total row and half of its last printed digit, in yuan or as a count."""
    if kind != "integer":
        return money(word, column_unit=kind.partition(":")[2])
    number = re.fullmatch(r"(-?[0-9]{1,18})(\.0)?", word)
    return None if number is None else (Decimal(number[1]), Decimal("0.05" if number[2] else "0.5"))
