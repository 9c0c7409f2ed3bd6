"""The rows set aside, with their reasons and their cells: for the person who clears them up with the agency."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

import duckdb

from reentry.contract import Column, Feed, feeds
from reentry.errors import UsageError
from reentry.land.places import place_of_row, sheet_no_of
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

BEYOND_HEADER, WHOLE_LINE = "表头以外", "整行"
# what may be a name or an id number where no header says what a text is
_WORD = re.compile(r"[\u3400-\u9fff·•・‧∙]{2,}|[A-Za-z]{2,}|[0-9]{11,}[0-9Xx]?")


@dataclass(frozen=True)
class QuarantinedRow:
    """One quarantined row; ``cells`` by header, as delivered but masked, without empty ones.

    Headers are the official ones, and those of unknown columns as written; what stands beyond the header is under
    BEYOND_HEADER, a line whose quotes are broken under WHOLE_LINE and nowhere else.
    """

    feed: str
    file_name: str
    delivered_on: date
    row_no: int  # as the program shows it
    reasons: tuple[tuple[str, str], ...]  # rule and message
    cells: dict[str, str]
    sheet: str | None = None  # of a workbook


def quarantined(home: Home, vault: Vault, feed: str | None = None) -> list[QuarantinedRow]:
    """Every quarantined row of one feed (such as ``justice.register``) or of all, in order of delivery.

    Rows of public-order cases (Q4) have their record number only; names and id numbers are masked. UsageError for a
    feed that does not exist.
    """
    wanted = [f for f in feeds() if feed in (None, f.id)]
    if not wanted:
        raise UsageError(f"There is no feed {feed}: known are {', '.join(f.id for f in feeds())}.")
    with open_warehouse(home, vault, write=False) as con:
        return [row for f in wanted for row in _of_feed(con, f)]


def _of_feed(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[QuarantinedRow]:
    cells = ", ".join(f"raw.{name}" for name in feed.column_names)
    rows = con.execute(
        f"""
        with reasons as (
            select batch_id, row_no, list([rule, message] order by rule, message) as reasons
            from warehouse.landing.findings
            where severity = 'quarantine' and agency = ? and feed = ?
            group by all
        )
        select
            batches.file_name, batches.delivered_on, batches.sheets, raw.row_no, reasons.reasons,
            batches.columns::varchar, raw.other, raw.spoiled, raw.row_kind = 'broken', {cells}
        from warehouse.checked.{feed.table} as checked
        inner join warehouse.raw.{feed.table} as raw
            on checked.batch_id = raw.batch_id and checked.row_no = raw.row_no
        inner join warehouse.landing.batches as batches on checked.batch_id = batches.batch_id
        left join reasons on checked.batch_id = reasons.batch_id and checked.row_no = reasons.row_no
        where checked.is_quarantined or checked.set_aside_on is not null
        order by batches.delivered_on, batches.delivery_no, batches.is_copy, batches.path, batches.batch_id, raw.row_no
    """,
        [feed.agency, feed.name],
    ).fetchall()
    return [_row(feed, *row) for row in rows]


def _row(
    feed: Feed,
    file_name: str,
    delivered_on: date,
    sheets: list[str] | None,
    row_no: int,
    reasons: list[list[str]] | None,
    layout: str,
    other: list[str | None] | None,
    spoiled: str | None,
    is_broken: bool,
    *cells: str | None,
) -> QuarantinedRow:
    found = tuple((rule, message) for rule, message in reasons or [])
    is_public_order = any(rule == "Q4" for rule, _ in found)
    # where a cell stands in the wrong column, or the line is not sound, a name may stand under any header
    is_anywhere = spoiled is not None or any(rule == "Q8" for rule, _ in found)
    # what Excel left of a long number may be the digits of an id number
    damaged_keys = feed.key if any(rule == "Q7" for rule, _ in found) else ()
    written = [(column, cell) for column, cell in zip(feed.columns, cells, strict=True) if cell]
    if is_broken:
        written, other = [], None
    if is_public_order:
        written, other, spoiled = [(column, cell) for column, cell in written if column.name == "record_no"], None, None
    shown = {
        column.headers[0]: _masked_text(cell)
        if (is_anywhere or column.name in damaged_keys) and not feed.hides(column)
        else _shown(feed, column, cell)
        for column, cell in written
    }
    of_sheet = sheet_no_of(row_no) if sheets else 0
    unknown = (c["header"] for c in json.loads(layout) if c["column"] is None and c.get("sheet", 0) == of_sheet)
    shown |= {header: _masked_text(cell) for header, cell in zip(unknown, other or (), strict=False) if header and cell}
    if spoiled is not None:
        shown[WHOLE_LINE if is_broken else BEYOND_HEADER] = _masked_text(spoiled)
    sheet, row = place_of_row(sheets, row_no)
    return QuarantinedRow(feed.id, file_name, delivered_on, row, found, shown, sheet)


def _shown(feed: Feed, column: Column, cell: str) -> str:
    return "*" * len(cell) if feed.hides(column) else _masked(column.type, cell)


def _masked(cell_type: str, cell: str) -> str:
    """``张*`` of a name, ``500***1234`` of an id number; every other cell as it is."""
    if cell_type == "person_name":
        return cell[:1] + "*" * (len(cell) - 1)
    if cell_type == "resident_id":
        return cell[:3] + "*" * (len(cell) - 7) + cell[-4:] if len(cell) > 7 else cell[:1] + "*" * (len(cell) - 1)
    return cell


def _masked_text(text: str) -> str:
    """A text of any kind without what may be a name or an id number."""
    return _WORD.sub(_starred, text)


def _starred(found: re.Match[str]) -> str:
    """A word that may be a name or an id number: its first character, and a star for every other."""
    return found[0][0] + "*" * (len(found[0]) - 1)
