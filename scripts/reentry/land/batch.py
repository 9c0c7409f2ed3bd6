"""One file into the warehouse, whole or not at all: its rows, its batch, and the block rules judged on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import duckdb

from reentry.contract import Column, Feed
from reentry.land.discover import Delivery
from reentry.land.header import WITHDRAWN
from reentry.land.prepare import Prepared
from reentry.land.raw_rows import insert_rows
from reentry.land.refusal import RefusedError
from reentry.land.words import clean, half_of_last_digit, squeeze

_TOTALS = ("合计", "总计")


@dataclass(frozen=True)
class Before:
    """The landed batch of the same feed that comes before a delivery."""

    batch_id: int
    sha256: str
    data_rows: int


def batch_before(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> Before | None:
    """The newest landed batch of the feed up to this delivery, in order of date, number and path."""
    row = con.execute(
        "select batch_id, sha256, rows_read - rows_skipped from warehouse.landing.batches"
        " where agency = ? and feed = ? and (delivered_on, delivery_no, path) <= (?, ?, ?)"
        " order by delivered_on desc, delivery_no desc, path desc, batch_id desc limit 1",
        [delivery.fit.agency, delivery.fit.name, delivery.delivered_on, delivery.delivery_no, delivery.name],
    ).fetchone()
    return None if row is None else Before(*row)


def land_batch(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    prepared: Prepared,
    *,
    sha256: str,
    before: Before | None,
    today: date,
) -> int:
    """Writes rows and batch inside the open transaction and gives the batch's id.

    RefusedError B3, B4 or B6: the caller rolls back. CountError or duckdb.Error: read again exactly.
    """
    feed = delivery.fit
    batch_id: int
    [(batch_id,)] = con.execute("select coalesce(max(batch_id), 0) + 1 from warehouse.landing.batches").fetchall()
    insert_rows(con, feed, prepared, batch_id)
    kinds = dict(
        con.execute(
            f"select row_kind, count(*) from warehouse.raw.{feed.table} where batch_id = {batch_id} group by all"
        ).fetchall()
    )
    data_rows = kinds.pop("data", 0)
    skipped = sum(kinds.values())
    if not data_rows:
        raise RefusedError("B3")
    _judge_totals(con, feed, prepared, batch_id)
    if feed.is_snapshot and before is not None and 2 * data_rows < before.data_rows:
        raise RefusedError("B6")
    header = prepared.header
    values: dict[str, object] = {
        "batch_id": batch_id,
        "agency": feed.agency,
        "feed": feed.name,
        "file_name": delivery.file_name,
        "path": delivery.name,
        "sha256": sha256,
        "delivered_on": delivery.delivered_on,
        "delivery_no": delivery.delivery_no,
        "landed_on": today,
        "encoding": prepared.encoding,
        "separator": prepared.separator if prepared.encoding else None,
        "sheet": prepared.sheet,
        "title_rows": list(header.titles),
        "header": [column.header for column in header.columns],
        "header_row": header.row_no,
        "hidden_sheets": list(prepared.hidden_sheets),
        "columns": json.dumps([column.document() for column in header.columns], ensure_ascii=False),
        "rows_read": data_rows + skipped,
        "rows_skipped": skipped,
    }
    con.execute(
        f"insert into warehouse.landing.batches ({', '.join(values)}) values ({', '.join('?' * len(values))})",
        list(values.values()),
    )
    return batch_id


def _judge_totals(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, batch_id: int) -> None:
    """RefusedError B4 when a 合计 or 总计 row prints a number that is not the sum of its column.

    Half of the last printed digit is allowed.
    """
    units = {column.column: column.unit for column in prepared.header.columns if column.column}
    columns = [column for column in feed.columns if column.totalled and column.name in units]
    totals = _totals(con, feed, prepared, batch_id) if columns else []
    if not totals:
        return
    [sums] = con.execute(
        f"select {', '.join(f'sum({_parsed(c, c.name, units[c.name])})' for c in columns)}"
        f" from warehouse.raw.{feed.table} where batch_id = {batch_id} and row_kind = 'data'"
    ).fetchall()
    wrong = []
    for column, summed in zip(columns, sums, strict=True):
        unit = units[column.name]
        for text in (total[column.name] or "" for total in totals):
            [(printed,)] = con.execute(f"select {_parsed(column, '$1::varchar', unit)}", [text]).fetchall()
            if printed is not None and abs(printed - (summed or 0)) > half_of_last_digit(text, unit):
                wrong.append(column.headers[0])
                break
    if wrong:
        raise RefusedError("B4", "、".join(wrong))


def _totals(
    con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, batch_id: int
) -> list[dict[str, str | None]]:
    """The 合计 and 总计 rows: cells by contract column."""
    names = [*feed.column_names, WITHDRAWN]
    found = con.execute(
        f"select {', '.join(names)}, other from warehouse.raw.{feed.table}"
        f" where batch_id = {batch_id} and row_kind = 'footer'"
    ).fetchall()
    totals = []
    for *cells, other in found:
        row: dict[str, str | None] = dict(zip(names, cells, strict=True))
        others = iter(other or ())
        in_file = [row[c.column] if c.column else next(others) for c in prepared.header.columns]
        first = next((word for word in (clean(cell or "") for cell in in_file) if word), "")
        if squeeze(first).removesuffix(":") in _TOTALS:
            totals.append(row)
    return totals


def _parsed(column: Column, cell: str, unit: str | None) -> str:
    if column.type == "money":
        return f"memory.main.cell_money({cell}, {'null' if unit is None else repr(unit)})"
    return f"memory.main.cell_integer({cell})"
