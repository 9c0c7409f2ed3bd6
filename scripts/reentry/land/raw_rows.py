"""The rows of one prepared file into its raw table, by one ``read_csv``."""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa

from reentry.contract import Feed
from reentry.land.header import WITHDRAWN
from reentry.land.normalise import Slice
from reentry.land.prepare import Prepared
from reentry.land.refusal import RefusedError
from reentry.land.words import clean, is_false_or_null

SPOILED_WORD = "…"  # stands for text that may not be kept
_PUBLIC_ORDER_FEED, _PUBLIC_ORDER_COLUMN, _PUBLIC_ORDER_KEPT = "police.reoffences", "case_kind", "record_no"
_PUBLIC_ORDER = "行政"

# Most rows are decided by the first character of their first cell: a visible one of ASCII, or a Han character with
# which no footer begins. For the others {first} is the first cell with more than white space, '' when there is none.
_FOOTER_INITIALS = "合小总填审制联备注"
_ROW_KIND = """
case
    when {is_broken} or ascii(c0) between 33 and 126 then 'data'
    when ascii(c0) between 19968 and 40959 and left(c0, 1) not in ({initials}) then 'data'
    when {first} = '' then 'blank'
    when regexp_matches({first}, {footer}) then 'footer'
    else 'data'
end
"""
_FOOTER = "'^([合小总]s*计s*:?s*$|填报人|填表人|审核人|制表|联系电话|备注:|注:)'".replace(
    "s*", "(' || memory.main.space() || ')?"
)
_CELL_MARK = "chr(31)"  # between cells that are joined: white space, so that trimming takes empty cells along


class CountError(Exception):
    """DuckDB read another number of rows than the normaliser counted."""


def read_source(prepared: Prepared, piece: Slice) -> str:
    """SQL of a relation: the cells ``c0``, ``c1``, … as text, and ``row_no``, the number of the record in the file."""
    longest = piece.longest_bytes + 100
    columns = ", ".join(f"'c{n}': 'varchar'" for n in range(prepared.header.width))
    options = [
        f"columns = {{{columns}}}, auto_detect = false, header = false, strict_mode = true",
        f"delim = '{prepared.separator}', quote = '\"', escape = '\"', new_line = '\\n'",
        f"max_line_size = {longest}, buffer_size = {max(2 * longest, piece.data.size + 100)}",
    ]
    if piece.has_quoted_line_ends:
        options.append("parallel = false")  # a thread that starts amid a quoted cell has to guess
    return (
        f"(select *, row_number() over () + {piece.first_row - 1} as row_no"
        f" from read_csv('{piece.data.path}', {', '.join(options)}))"
    )


def refuse_sealed(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """RefusedError B7, with row numbers, when a data row has anything but false or null under a header with 封存.

    Reads all slices. Judged before anything is written to the warehouse: what is rolled back may have reached the disk.
    """
    sealed = ", ".join(f"c{n}" for n, column in enumerate(prepared.header.columns) if column.is_sealed)
    rows: set[int] = set()
    for piece in prepared.slices:
        if piece.records:
            said = con.execute(f"""
                select cell, list(row_no)
                from (
                    select row_no, unnest([{sealed}]) as cell
                    from {read_source(prepared, piece)} as r where {_row_kind(prepared, has_spoiled=False)} = 'data'
                )
                where cell is not null group by cell
            """).fetchall()
            rows.update(row for cell, numbers in said if not is_false_or_null(cell) for row in numbers)
        piece.data.close()
    if rows:
        raise RefusedError("B7", rows=tuple(sorted(rows)))


def insert_rows(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, batch_id: int) -> None:
    """Inserts every row read into ``warehouse.raw``, blank ones at the end left out.

    While DuckDB takes in one slice, the next is being read. CountError or duckdb.Error when DuckDB does not read what
    the normaliser counted; RefusedError and OtherEncodingError as the slices bring them.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        running: Future[None] | None = None
        for piece in prepared.slices:
            if running:
                running.result()
            running = worker.submit(_insert_slice, con, feed, prepared, piece, batch_id)
        if running:
            running.result()
    con.execute(
        f"delete from warehouse.raw.{feed.table} where batch_id = {batch_id} and row_no > ("
        f" select coalesce(max(row_no) filter (row_kind != 'blank'), 0)"
        f" from warehouse.raw.{feed.table} where batch_id = {batch_id})"
    )


def _insert_slice(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, piece: Slice, batch_id: int) -> None:
    if not piece.records:
        return
    spoiled = _spoiled(feed, prepared, piece)
    cells = _cells(con, feed, prepared, piece)
    values = [
        f"{batch_id}",
        "row_no",
        _row_kind(prepared, has_spoiled=spoiled is not None),
        *cells.values(),
        "s.text" if spoiled is not None else "null",
    ]
    source = f"{read_source(prepared, piece)} as r"
    if spoiled is not None:
        con.register("landing_spoiled", spoiled)
        source += " left join landing_spoiled as s using (row_no)"
    inserted = con.execute(
        f"insert into warehouse.raw.{feed.table} (batch_id, row_no, row_kind, {', '.join(cells)}, spoiled)"
        f" select {', '.join(values)} from {source}"
    ).fetchone()
    if spoiled is not None:
        con.unregister("landing_spoiled")
    piece.data.close()
    if inserted != (piece.records,):
        raise CountError(f"{inserted} rows for {piece.records} records")


def _cells(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, piece: Slice) -> dict[str, str]:
    """SQL of each column of the raw table that holds cells."""
    header = prepared.header
    cells = {}
    for name in (*feed.column_names, WITHDRAWN):
        position = header.position(name)
        cells[name] = "null" if position is None else f"c{position}"
    others = [f"c{n}" for n, column in enumerate(header.columns) if column.column is None]
    cells["other"] = f"[{', '.join(others)}]" if others else "null"
    if feed.id != _PUBLIC_ORDER_FEED:
        return cells
    words = _public_order_words(con, f"{cells[_PUBLIC_ORDER_COLUMN]} from {read_source(prepared, piece)}")
    if not words:
        return cells
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    condition = f"{cells[_PUBLIC_ORDER_COLUMN]} in ({listed})"
    kept = {_PUBLIC_ORDER_KEPT: cells[_PUBLIC_ORDER_KEPT], WITHDRAWN: cells[WITHDRAWN]}
    blanked = {name: f"case when {condition} then null else {cell} end" for name, cell in cells.items()}
    blanked[_PUBLIC_ORDER_COLUMN] = (
        f"case when {condition} then '{_PUBLIC_ORDER}' else {cells[_PUBLIC_ORDER_COLUMN]} end"
    )
    return blanked | kept


def _public_order_words(con: duckdb.DuckDBPyConnection, cells: str) -> list[str]:
    """The texts among ``cells`` that mean 行政 (Q4): code or text of the list, its further words included."""
    known = {_PUBLIC_ORDER}
    for code, name, words in con.execute("select code, name, words from warehouse.reference.case_kind").fetchall():
        if name == _PUBLIC_ORDER:
            known |= {clean(word) for word in (code, *re.split("[|;；、,，]", words or "")) if word}
    found = con.execute(f"select distinct {cells}").fetchall()
    return sorted(text for (text,) in found if text is not None and clean(text) in known)


def _row_kind(prepared: Prepared, *, has_spoiled: bool) -> str:
    cells = [*(f"c{n}" for n in range(prepared.header.width)), *(["s.first"] if has_spoiled else [])]
    joined = f"concat_ws({_CELL_MARK}, {', '.join(cells)})"
    return _ROW_KIND.format(
        is_broken="coalesce(s.is_broken, false)" if has_spoiled else "false",
        initials=", ".join(f"'{initial}'" for initial in _FOOTER_INITIALS),
        first=f"split_part(memory.main.cell_normal({joined}), {_CELL_MARK}, 1)",
        footer=_FOOTER,
    )


def _spoiled(feed: Feed, prepared: Prepared, piece: Slice) -> pa.Table | None:
    """The spoiled rows as a relation; their text only where it cannot be of a kind that may not be stored."""
    if not piece.spoiled:
        return None
    is_delicate = feed.id == _PUBLIC_ORDER_FEED or any(column.is_sealed for column in prepared.header.columns)
    spoiled = piece.spoiled.values()
    return pa.table(
        {
            "row_no": pa.array(piece.spoiled, pa.int64()),
            "text": pa.array([SPOILED_WORD if is_delicate else s.text for s in spoiled], pa.string()),
            "is_broken": pa.array([s.is_broken for s in spoiled], pa.bool_()),
            "first": pa.array([clean(s.text) for s in spoiled], pa.string()),
        }
    )
