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


def quarantined_counts(home: Home, vault: Vault) -> dict[str, dict[str, int]]:
    """How many rows of each feed are quarantined for each rule, and in all (under the empty text)."""
    if not home.warehouse.exists():  # nothing has landed
        return {}
    with open_warehouse(home, vault, write=False) as con:
        rows = con.execute("""
            select agency || '.' || feed as feed_id, '' as rule, sum(rows_quarantined)::bigint as quarantined
            from warehouse.landing.batches group by all
            union all
            select agency || '.' || feed, rule, count(distinct (batch_id, row_no))
            from warehouse.landing.findings where severity = 'quarantine' and row_no is not null group by all
            order by feed_id, rule
        """).fetchall()
    counts: dict[str, dict[str, int]] = {}
    for feed_id, rule, count in rows:
        if count:
            counts.setdefault(feed_id, {})[rule] = count
    return counts


def quarantined_page(
    home: Home, vault: Vault, feed: Feed, *, rule: str | None, first: int, count: int
) -> list[QuarantinedRow]:
    """``count`` quarantined rows of a feed from the ``first`` (0, 1, …) on, newest first; of one rule or all."""
    with open_warehouse(home, vault, write=False) as con:
        return _of_feed(con, feed, rule=rule, newest=(first, count))


def _of_feed(
    con: duckdb.DuckDBPyConnection, feed: Feed, *, rule: str | None = None, newest: tuple[int, int] | None = None
) -> list[QuarantinedRow]:
    """Rows in order of delivery; ``newest``: from which and how many, counted from the newest delivery."""
    cells = ", ".join(f"raw.{name}" for name in feed.column_names)
    back = " desc" if newest else ""
    page = f"limit {newest[1]} offset {newest[0]}" if newest else ""
    of_rule = "and list_contains(list_transform(reasons.reasons, lambda one: one[1]), ?)" if rule else ""
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
        where (checked.is_quarantined or checked.set_aside_on is not null) {of_rule}
        order by
            batches.delivered_on{back}, batches.delivery_no{back}, batches.is_copy{back}, batches.path{back},
            batches.batch_id{back}, raw.row_no
        {page}
    """,
        [feed.agency, feed.name, *([rule] if rule else [])],
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
    rules = {rule for rule, _ in found}
    written = {column.name: cell for column, cell in zip(feed.columns, cells, strict=True) if cell}
    if is_broken:
        written, other = {}, None
    masked = masked_cells(feed, written, rules, is_spoiled=spoiled is not None)
    if "Q4" in rules:
        other, spoiled = None, None
    shown = {feed.column(name).headers[0]: cell for name, cell in masked.items()}
    of_sheet = sheet_no_of(row_no) if sheets else 0
    unknown = (c["header"] for c in json.loads(layout) if c["column"] is None and c.get("sheet", 0) == of_sheet)
    for header, cell in zip(unknown, other or (), strict=False):
        if header and cell:  # a header that stands there twice: the leftmost counts
            shown[f"{header}（重复的列）" if header in shown else header] = _masked_text(cell)
    if spoiled is not None:
        shown[WHOLE_LINE if is_broken else BEYOND_HEADER] = _masked_text(spoiled)
    sheet, row = place_of_row(sheets, row_no)
    return QuarantinedRow(feed.id, file_name, delivered_on, row, found, shown, sheet)


def masked_cells(feed: Feed, cells: dict[str, str], rules: set[str], *, is_spoiled: bool) -> dict[str, str]:
    """The cells of a row as they may be shown, by column; ``rules``: those that the row breaks.

    Of a public-order case (Q4) the record number alone; of a line that is not sound every word may be a name.
    """
    # where a cell stands in the wrong column, or the line is not sound, a name may stand under any header
    is_anywhere = is_spoiled or "Q8" in rules
    # what Excel left of a long number may be the digits of an id number
    damaged = {c.name for c in feed.columns if c.is_number or c.name in feed.key} if "Q7" in rules else set()
    if "Q4" in rules:
        cells = {name: cell for name, cell in cells.items() if name == "record_no"}
    return {
        name: _masked_text(cell)
        if (is_anywhere or name in damaged) and not feed.hides(feed.column(name))
        else _shown(feed, feed.column(name), cell)
        for name, cell in cells.items()
    }


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
