"""Rows of 合计 and 总计 against the rows of their own sheet (B4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from reentry.contract import Column, Feed
from reentry.land.header import WITHDRAWN, Header
from reentry.land.places import SHEET_BITS
from reentry.land.prepare import Prepared
from reentry.land.refusal import RefusedError
from reentry.land.sheets import ERROR, FORMULA, WAN
from reentry.land.words import clean, half_of_last_digit, squeeze

_TOTALS = ("合计", "总计")


@dataclass(frozen=True)
class Totals:
    """``broken``: B4 when a number is not the sum; ``untested``: headers of columns where nothing can be said."""

    broken: RefusedError | None = None
    untested: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Total:
    """A row of 合计: its cells by contract column, and its notes."""

    cells: dict[str, str | None]
    notes: frozenset[str]


def judge_totals(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, batch_id: int) -> Totals:
    """Tests each 合计 and 总计 row against the sum of every cell of its sheet that parses.

    Half of the last printed digit is allowed. A cell that is an error or a formula without a value, or stands over one,
    is not tested.
    """
    wrong: dict[str, None] = {}
    untested: dict[str, None] = {}
    for sheet_no, header in enumerate(prepared.headers):
        of_sheet = _judge_sheet(con, feed, prepared, batch_id, sheet_no, header)
        wrong |= dict.fromkeys(of_sheet[0])
        untested |= dict.fromkeys(of_sheet[1])
    return Totals(RefusedError("B4", "、".join(wrong)) if wrong else None, tuple(untested))


def _judge_sheet(
    con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, batch_id: int, sheet_no: int, header: Header
) -> tuple[list[str], list[str]]:
    """Headers of the columns that are wrong, and of those that cannot be tested."""
    units = {column.column: column.unit for column in header.columns if column.column}
    columns = [column for column in feed.columns if column.totalled and column.name in units]
    rows = f"warehouse.raw.{feed.table} where batch_id = {batch_id}"
    if prepared.is_workbook:
        rows += f" and row_no >> {SHEET_BITS} = {sheet_no}"
    totals = _totals(con, feed, header, rows) if columns else {}
    if not totals:
        return [], []
    # one line with the sums of the data, and one with the numbers of each footer
    of_columns = ", ".join(
        f"sum({_parsed(column, units[column.name])}), coalesce(bool_or({_is_open(column)}), false)"
        for column in columns
    )
    lines = con.execute(f"""
        select case when row_kind = 'footer' then row_no end as footer_no, {of_columns}
        from {rows} and row_kind != 'blank' group by 1
    """).fetchall()
    by_row = {footer_no: list(zip(values[::2], values[1::2], strict=True)) for footer_no, *values in lines}
    data = by_row.get(None, [(None, False)] * len(columns))
    wrong, untested = [], []
    for at, column in enumerate(columns):
        told = [(row, *by_row[row_no][at]) for row_no, row in totals.items()]
        if any(is_open or (data[at][1] and _is_told(row, column)) for row, _, is_open in told):
            untested.append(column.headers[0])
        elif any(
            number is not None and abs(number - (data[at][0] or 0)) > _allowed(row, column, units[column.name])
            for row, number, _ in told
        ):
            wrong.append(column.headers[0])
    return wrong, untested


def _is_told(row: _Total, column: Column) -> bool:
    return bool(clean(row.cells[column.name] or ""))


def _allowed(row: _Total, column: Column, unit: str | None) -> Decimal:
    is_yuan = f"{column.name}:{WAN}" in row.notes
    return half_of_last_digit(row.cells[column.name] or "", None if is_yuan else unit)


def _totals(con: duckdb.DuckDBPyConnection, feed: Feed, header: Header, rows: str) -> dict[int, _Total]:
    """The 合计 and 总计 rows, by number of the row."""
    names = [*feed.column_names, WITHDRAWN]
    found = con.execute(
        f"select row_no, {', '.join(names)}, other, notes from {rows} and row_kind = 'footer'"
    ).fetchall()
    totals = {}
    for row_no, *cells, other, notes in found:
        row: dict[str, Any] = dict(zip(names, cells, strict=True))
        others = iter(other or ())
        in_file = [row[c.column] if c.column else next(others) for c in header.columns]
        first = next((word for word in (clean(cell or "") for cell in in_file) if word), "")
        if squeeze(first).removesuffix(":") in _TOTALS:
            totals[row_no] = _Total(row, frozenset(notes or ()))
    return totals


def _is_open(column: Column) -> str:
    """SQL of whether the cell is an error or a formula without a value."""
    notes = ", ".join(f"'{column.name}:{note}'" for note in (ERROR, FORMULA))
    return f"list_has_any(notes, [{notes}]) or memory.main.word_is_excel_error(memory.main.cell_clean({column.name}))"


def _parsed(column: Column, unit: str | None) -> str:
    if column.type != "money":
        return f"memory.main.cell_integer({column.name})"
    if unit is None:
        return f"memory.main.cell_money({column.name}, null)"
    in_unit = f"memory.main.cell_money({column.name}, '{unit}')"
    is_yuan = f"list_contains(notes, '{column.name}:{WAN}')"
    return f"case when {is_yuan} then memory.main.cell_money({column.name}, null) else {in_unit} end"
