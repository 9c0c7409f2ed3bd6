"""The rows of one prepared file into its raw table, by one ``read_csv``."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa

from reentry.contract import Column, Feed
from reentry.land.header import WITHDRAWN, Header
from reentry.land.normalise import Slice
from reentry.land.places import place_of_row
from reentry.land.prepare import Prepared
from reentry.land.refusal import RefusedError
from reentry.land.words import clean, is_false_or_null
from reentry.store import literal

SPOILED_WORD = "…"  # stands for text that may not be kept
_PUBLIC_ORDER_FEED, _PUBLIC_ORDER_COLUMN, _PUBLIC_ORDER_KEPT = "police.reoffences", "case_kind", "record_no"
_PUBLIC_ORDER = "行政"

# Most rows are decided by the first character of their first cell: a visible one of ASCII, or a Han character with
# which no footer begins; but 计 in the cell may end a footer, and behind = and ' stands what was kept from Excel. For
# the others {first} is the first cell with more than white space, '' when there is none.
_FOOTER_INITIALS = "合总填审制联备注"
_ROW_KIND = """
case
    when {is_broken} then 'broken'
    when ascii(c0) between 33 and 126 and ascii(c0) not in (39, 61) and not contains(c0, '计') then 'data'
    when ascii(c0) between 19968 and 40959 and left(c0, 1) not in ({initials}) and not contains(c0, '计') then 'data'
    when {first} = '' then {if_empty}
    when regexp_matches({first}, {footer}) then 'footer'
    else 'data'
end
"""
_FOOTER = "'^([合总]s*计s*:?s*$|填报人|填表人|审核人|制表|联系电话|备注:|注:)|小s*计s*:?s*$'".replace(
    "s*", "(' || memory.main.space() || ')?"
)
_CELL_MARK = "chr(31)"  # between cells that are joined
_FIRST_CELL = "'^(?:' || memory.main.space() || '|' || memory.main.never() || ')*([^\\x{1f}]*)'"


class CountError(Exception):
    """DuckDB read another number of rows than the normaliser counted."""


def read_source(prepared: Prepared, piece: Slice) -> str:
    """SQL of a relation: the cells ``c0``, ``c1``, … as text, and ``row_no``, the number of the record in the file."""
    longest = piece.longest_bytes + 100
    columns = ", ".join(f"'c{n}': 'varchar'" for n in range(_header(prepared, piece).width))
    options = [
        f"columns = {{{columns}}}, auto_detect = false, header = false, strict_mode = true",
        f"delim = '{prepared.separator}', quote = '\"', escape = '\"', new_line = '\\n'",
        f"max_line_size = {longest}, buffer_size = {max(2 * longest, piece.data.size + 100)}",
    ]
    if piece.has_quoted_line_ends:
        options.append("parallel = false")  # a thread that starts amid a quoted cell has to guess
    return (
        f"(select *, row_number() over () + {piece.first_row - 1} as row_no"
        f" from read_csv({literal(piece.data.path)}, {', '.join(options)}))"
    )


def refuse_sealed(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> None:
    """RefusedError B7, with row numbers, when a data row has anything but false or null under a header with 封存.

    Reads all slices. Judged before anything is written to the warehouse: what is rolled back may have reached the disk.
    """
    rows: set[int] = set()
    for piece in prepared.slices:
        sealed = ", ".join(f"c{n}" for n, column in enumerate(_header(prepared, piece).columns) if column.is_sealed)
        if piece.records and sealed:
            said = con.execute(f"""
                select cell, list(row_no)
                from (
                    select row_no, unnest([{sealed}]) as cell
                    from {read_source(prepared, piece)} as r
                    where {_row_kind(_header(prepared, piece))} = 'data'
                )
                where cell is not null group by cell
            """).fetchall()
            rows.update(row for cell, numbers in said if not is_false_or_null(cell) for row in numbers)
        piece.data.close()
    if rows:
        raise RefusedError("B7", places=tuple(place_of_row(prepared.sheets, row) for row in sorted(rows)))


def _header(prepared: Prepared, piece: Slice) -> Header:
    return prepared.headers[piece.sheet_no]


def insert_rows(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, *, batch_id: int) -> None:
    """Inserts every row read into ``warehouse.raw``, blank ones at the end left out.

    While DuckDB takes in one slice, the next is being read. CountError or duckdb.Error when DuckDB does not read what
    the normaliser counted; RefusedError and OtherEncodingError as the slices bring them.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        running: Future[None] | None = None
        for piece in prepared.slices:
            if running:
                running.result()
            running = worker.submit(_insert_slice, con, feed, prepared, piece, batch_id=batch_id)
        if running:
            running.result()
    con.execute(
        f"delete from warehouse.raw.{feed.table} where batch_id = {batch_id} and row_no > ("
        f" select coalesce(max(row_no) filter (row_kind != 'blank'), 0)"
        f" from warehouse.raw.{feed.table} where batch_id = {batch_id})"
    )


def _insert_slice(
    con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, piece: Slice, *, batch_id: int
) -> None:
    if not piece.records:
        return
    header = _header(prepared, piece)
    is_delicate = _is_delicate(feed, header)
    spoiled, notes = _spoiled(piece, is_delicate=is_delicate), _notes(piece)
    cells = _cells(con, feed, prepared, piece)
    if spoiled is not None and is_delicate:
        cells = {name: f"case when s.is_broken then null else {cell} end" for name, cell in cells.items()}
    source = f"{read_source(prepared, piece)} as r"
    for name, short, table in (("landing_spoiled", "s", spoiled), ("landing_notes", "n", notes)):
        if table is not None:
            con.register(name, table)
            source += f" left join {name} as {short} using (row_no)"
    values = [
        f"{batch_id}",
        "row_no",
        _row_kind(header, has_spoiled=spoiled is not None, has_notes=notes is not None),
        *cells.values(),
        "s.text" if spoiled is not None else "null",
        "n.notes" if notes is not None else "null",
    ]
    inserted = con.execute(
        f"insert into warehouse.raw.{feed.table} (batch_id, row_no, row_kind, {', '.join(cells)}, spoiled, notes)"
        f" select {', '.join(values)} from {source}"
    ).fetchone()
    for name, table in (("landing_spoiled", spoiled), ("landing_notes", notes)):
        if table is not None:
            con.unregister(name)
    piece.data.close()
    if inserted != (piece.records,):
        raise CountError(f"{inserted} rows for {piece.records} records")


def _cells(con: duckdb.DuckDBPyConnection, feed: Feed, prepared: Prepared, piece: Slice) -> dict[str, str]:
    """SQL of each column of the raw table that holds cells."""
    header = _header(prepared, piece)
    cells = {}
    for name in (*feed.column_names, WITHDRAWN):
        position = header.position(name)
        cells[name] = "null" if position is None else f"c{position}"
    others = [f"c{n}" for n, column in enumerate(header.columns) if column.column is None]
    cells["other"] = f"[{', '.join(others)}]" if others else "null"
    if feed.id != _PUBLIC_ORDER_FEED:
        return cells
    kind = cells[_PUBLIC_ORDER_COLUMN]
    words = _public_order_words(con, feed.column(_PUBLIC_ORDER_COLUMN), f"{kind} from {read_source(prepared, piece)}")
    if not words:
        return cells
    kept = dict.fromkeys(cells, "null") | {name: cells[name] for name in (_PUBLIC_ORDER_KEPT, WITHDRAWN)}
    kept[_PUBLIC_ORDER_COLUMN] = f"'{_PUBLIC_ORDER}'"
    is_public_order = f"{kind} in ({', '.join(words)})"
    return {name: f"case when {is_public_order} then {kept[name]} else {cell} end" for name, cell in cells.items()}


def _public_order_words(con: duckdb.DuckDBPyConnection, column: Column, cells: str) -> list[str]:
    """As SQL, the texts among ``cells`` that say 行政: its code, its name, other words for it."""
    (words,) = con.execute(
        f"select [code, name] || regexp_split_to_array(coalesce(words, ''), '[|;；、,，]')"
        f" from warehouse.reference.{column.code_list} where name = '{_PUBLIC_ORDER}'"
    ).fetchall()[0]
    known = {clean(word) for word in words if word}
    found = con.execute(f"select distinct {cells}").fetchall()
    said = sorted(text for (text,) in found if text is not None and clean(text) in known)
    return ["'" + text.replace("'", "''") + "'" for text in said]


def _row_kind(header: Header, *, has_spoiled: bool = False, has_notes: bool = False) -> str:
    cells = [*(f"c{n}" for n in range(header.width)), *(["s.first"] if has_spoiled else [])]
    joined = f"concat_ws({_CELL_MARK}, {', '.join(cells)})"
    return _ROW_KIND.format(
        is_broken="coalesce(s.is_broken, false)" if has_spoiled else "false",
        initials=", ".join(f"'{initial}'" for initial in _FOOTER_INITIALS),
        first=f"memory.main.cell_normal(regexp_extract({joined}, {_FIRST_CELL}, 1))",
        if_empty="case when n.has_formula then 'data' else 'blank' end" if has_notes else "'blank'",
        footer=_FOOTER,
    )


def _is_delicate(feed: Feed, header: Header) -> bool:
    """Whether a row of the file may be of a kind that may not be stored: what a broken line is, nobody can tell."""
    return feed.id == _PUBLIC_ORDER_FEED or any(column.is_sealed for column in header.columns)


def _notes(piece: Slice) -> pa.Table | None:
    """The notes of the slice's rows as a relation; None without any, which is the rule."""
    if not piece.notes:
        return None
    notes = piece.notes.values()
    return pa.table(
        {
            "row_no": pa.array(piece.notes, pa.int64()),
            "notes": pa.array(notes, pa.list_(pa.string())),
            "has_formula": pa.array([any(n.endswith(":formula") for n in row) for row in notes], pa.bool_()),
        }
    )


def _spoiled(piece: Slice, *, is_delicate: bool) -> pa.Table | None:
    """The spoiled rows as a relation, with their text unless they are delicate."""
    if not piece.spoiled:
        return None
    spoiled = piece.spoiled.values()
    return pa.table(
        {
            "row_no": pa.array(piece.spoiled, pa.int64()),
            "text": pa.array([SPOILED_WORD if is_delicate else s.text for s in spoiled], pa.string()),
            "is_broken": pa.array([s.is_broken for s in spoiled], pa.bool_()),
            "first": pa.array([clean(s.text) for s in spoiled], pa.string()),
        }
    )
