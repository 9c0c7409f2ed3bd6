"""``links.csv`` in the inbox: decisions of people about who is who (FEEDS §5), into ``warehouse.landing.links``."""

from __future__ import annotations

from pathlib import Path

import duckdb

from reentry.contract import Feed, feeds
from reentry.errors import UsageError
from reentry.land.discover import LINKS
from reentry.land.header import SEPARATORS
from reentry.land.records import Bytes, read_record
from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch
from reentry.land.text import LAST_RESORT, OtherEncodingError, Text
from reentry.land.words import clean, is_blank, squeeze

COLUMNS = ("agency", "feed", "key", "id_no", "decided_on", "decided_by")
_KEPT = f"line_no, {', '.join(COLUMNS)}"

Line = tuple[int, dict[str, str]]


def land_links(con: duckdb.DuckDBPyConnection, inbox: Path, folder: Path) -> bool:
    """Replaces the decisions when they differ from the file's; gives whether they did.

    Without a file there are none. UsageError when the file cannot be read, lacks a column, or has a line without a
    readable decided_on, which it names.
    """
    path = inbox / LINKS
    lines = _read(path, folder) if path.is_file() else []
    values = _typed(con, path, lines) if lines else []
    if con.execute(f"select {_KEPT} from warehouse.landing.links order by line_no").fetchall() == values:
        return False
    con.execute("begin")
    con.execute("delete from warehouse.landing.links")
    if values:
        con.executemany(f"insert into warehouse.landing.links ({_KEPT}) values (?, ?, ?, ?, ?, ?, ?)", values)
    con.execute("commit")
    return True


def _read(path: Path, folder: Path) -> list[Line]:
    """Lines that are not blank, with the number of their record in the file."""
    try:
        with path.open("rb") as file:
            try:
                return _lines(path, Text(file, Scratch(folder, 0)))
            except OtherEncodingError:
                return _lines(path, Text(file, Scratch(folder, 0), encoding=LAST_RESORT))
    except RefusedError as error:
        raise UsageError(f"{path}: {error.message}: save it as UTF-8.") from error


def _lines(path: Path, text: Text) -> list[Line]:
    text.read_whole()
    for separator in SEPARATORS:
        records = _records(path, text, separator)
        names = [squeeze(cell) for cell in records[0][1]] if records else []
        if set(COLUMNS) <= set(names):
            return [
                (number, dict(zip(names, [*cells, *[""] * len(names)], strict=False))) for number, cells in records[1:]
            ]
    raise UsageError(f"{path}: the first line must name the columns {','.join(COLUMNS)}: correct it.")


def _records(path: Path, text: Text, separator: str) -> list[tuple[int, list[str]]]:
    source = Bytes(text)
    records = []
    position, number = 0, 0
    while not text.is_end(position):
        record = read_record(source, position, separator.encode())
        position, number = record.following, number + 1
        if record.is_broken:
            raise UsageError(f"{path}: line {number} has a quote that is not closed: correct it.")
        cells = [clean(cell.decode("utf-8")) for cell in record.cells]
        if not is_blank(cells):
            records.append((number, cells))
    return records


def _typed(con: duckdb.DuckDBPyConnection, path: Path, lines: list[Line]) -> list[tuple[object, ...]]:
    """The lines as they are stored, all parsed by one statement: binding the macros costs more than any one line."""
    written = [[cells[name] for _, cells in lines] for name in ("decided_on", "id_no", "key")]
    parsed = con.execute(
        """
        select
            memory.main.cell_date(decided_on),
            memory.main.word_id_18(memory.main.cell_clean(id_no)),
            memory.main.word_id_18(memory.main.cell_clean(key))
        from (
            select unnest($1::varchar[]) as decided_on, unnest($2::varchar[]) as id_no, unnest($3::varchar[]) as key
        )
        """,
        written,
    ).fetchall()
    values: list[tuple[object, ...]] = []
    keyed_by_id = {name for feed in feeds() if _is_keyed_by_id(feed) for name in (feed.name, feed.name_zh)}
    for (number, cells), (decided_on, id_no, key_as_id) in zip(lines, parsed, strict=True):
        if decided_on is None:
            text = cells["decided_on"]
            raise UsageError(f"{path}: line {number} has no readable decided_on [{text}]: write it as 2025-04-01.")
        key = key_as_id or "" if cells["feed"] in keyed_by_id else cells["key"]
        values.append((number, cells["agency"], cells["feed"], key, id_no or "", decided_on, cells["decided_by"]))
    return values


def _is_keyed_by_id(feed: Feed) -> bool:
    """Whether the natural key is an id number, which may be written in several ways."""
    return len(feed.key) == 1 and feed.column(feed.key[0]).type == "resident_id"
