"""``links.csv`` in the inbox: decisions of people about who is who, into ``warehouse.landing.links``.

It is judged like a feed, and harder: a line that cannot be right stops the refresh, for nobody sees a wrong decision.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from reentry.contract import Feed, feeds, key_of
from reentry.errors import UsageError
from reentry.land.discover import LINKS
from reentry.land.header import SEPARATORS
from reentry.land.records import Bytes, read_record
from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch
from reentry.land.text import LAST_RESORT, OtherEncodingError, Text
from reentry.land.words import clean, is_blank, squeeze
from reentry.nearest import nearest

COLUMNS = ("agency", "feed", "key", "id_no", "decided_on", "decided_by")
_KEPT = f"line_no, {', '.join(COLUMNS)}"

Line = tuple[int, dict[str, str]]
_SCIENTIFIC = re.compile(r"[0-9]+(\.[0-9]*)?[Ee]\+?[0-9]+")
_PROTECTED = re.compile(r"=\"(.*)\"|'(.*)")


def land_links(con: duckdb.DuckDBPyConnection, inbox: Path, folder: Path) -> bool:
    """Replaces the decisions when they differ from the file's; gives whether they did.

    Without a file there are none. UsageError when the file cannot be read or lacks a column, and for the first line
    that has no readable decided_on, an agency or feed that does not exist, an id number that is none, or a number that
    a spreadsheet damaged. Of keys that do not exist ``refuse_unknown_keys`` speaks, when the rows have landed.
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
        cells = [_unwrapped(clean(cell.decode("utf-8"))) for cell in record.cells]
        if not is_blank(cells):
            records.append((number, cells))
    return records


def _typed(con: duckdb.DuckDBPyConnection, path: Path, lines: list[Line]) -> list[tuple[object, ...]]:
    """The lines as they are stored, all parsed by one statement: binding the macros costs more than any one line."""
    written = [[cells[name] for _, cells in lines] for name in ("decided_on", "id_no", "key")]
    parsed = con.execute(
        """
        select
            decided_on,
            id_no,
            memory.main.word_id_18(memory.main.cell_clean(key)),
            coalesce(memory.main.id_18_problem(id_no, decided_on) is null, true) as is_valid
        from (
            select memory.main.cell_date(decided_on), memory.main.word_id_18(memory.main.cell_clean(id_no)), key
            from (
                select unnest($1::varchar[]) as decided_on, unnest($2::varchar[]) as id_no, unnest($3::varchar[]) as key
            )
        ) as cells (decided_on, id_no, key)
        """,
        written,
    ).fetchall()
    values: list[tuple[object, ...]] = []
    for (number, cells), (decided_on, id_no, key_as_id, is_valid) in zip(lines, parsed, strict=True):
        line = f"{path}: line {number}"
        feed = _feed_of(line, cells["agency"], cells["feed"])
        for column in ("key", "id_no"):
            if _SCIENTIFIC.fullmatch(cells[column]):
                raise UsageError(
                    f"{line}: {column} [{cells[column]}] was damaged by a spreadsheet: make the column text, and write"
                    " the number again."
                )
        if decided_on is None:
            text = cells["decided_on"]
            raise UsageError(f"{line} has no readable decided_on [{text}]: write it as 2025-04-01.")
        if not is_valid:
            raise UsageError(f"{line}: id_no is no valid id number: correct it, or leave it empty for nobody of ours.")
        key = key_as_id or "" if _is_keyed_by_id(feed) else cells["key"]
        if not key:
            raise UsageError(f"{line} has no key: write the number of the row it decides on.")
        values.append((number, cells["agency"], cells["feed"], key, id_no or "", decided_on, cells["decided_by"]))
    return values


def _unwrapped(cell: str) -> str:
    """A cell without what keeps a number from being one in a spreadsheet: ``="12"``, ``'12``."""
    found = _PROTECTED.fullmatch(cell)
    return clean(found[1] if found[1] is not None else found[2]) if found else cell


def _feed_of(line: str, agency: str, name: str) -> Feed:
    """The feed of a line, by the English or Chinese names of agency and feed; UsageError names the nearest."""
    agencies = {text for feed in feeds() for text in (feed.agency, feed.agency_zh)}
    if agency not in agencies:
        near = nearest(agency, sorted(agencies))
        raise UsageError(f"{line}: there is no agency [{agency}]; the nearest is {near}: correct it.")
    there = {text: f for f in feeds() if agency in (f.agency, f.agency_zh) for text in (f.name, f.name_zh)}
    if name not in there:
        near = nearest(name, sorted(there))
        raise UsageError(f"{line}: {agency} has no feed [{name}]; the nearest is {near}: correct it.")
    return there[name]


def refuse_unknown_keys(con: duckdb.DuckDBPyConnection, inbox: Path) -> None:
    """UsageError for the first decision about a row that no delivery has; ``con`` has the checked rows."""
    lines = con.execute(
        "select line_no, agency, feed, trim(key) from warehouse.landing.links order by line_no"
    ).fetchall()
    by_feed: dict[Feed, list[tuple[int, str]]] = {}
    for number, agency, name, key in lines:
        by_feed.setdefault(_feed_of(f"{inbox / LINKS}: line {number}", agency, name), []).append((number, key))
    unknown = []
    for feed, decided in by_feed.items():
        found = con.execute(
            f"""
            select number from (select unnest($1::integer[]) as number, unnest($2::varchar[]) as key)
            where key not in (
                select row_key from (select {key_of(feed)} as row_key from warehouse.checked.{feed.table})
                where row_key is not null
            )
            """,
            [[number for number, _ in decided], [key for _, key in decided]],
        ).fetchall()
        unknown += [(number, feed) for (number,) in found]
    if unknown:
        number, feed = min(unknown, key=lambda entry: entry[0])
        raise UsageError(
            f"{inbox / LINKS}: line {number}: no delivery of {feed.agency_zh} {feed.name_zh} ({feed.id}) has a row with"
            " that key: correct the key; of a row that is still to come, take the line out until it is delivered."
        )


def _is_keyed_by_id(feed: Feed) -> bool:
    """Whether the natural key is an id number, which may be written in several ways."""
    return len(feed.key) == 1 and feed.column(feed.key[0]).type == "resident_id"
