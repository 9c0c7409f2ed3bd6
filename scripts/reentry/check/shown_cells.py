"""What stands in the cells that findings of a file are about, as it may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import duckdb

from reentry.check.quarantined import masked_cells
from reentry.check.suites import suite
from reentry.contract import Feed

EMPTY_CELL = "（空）"
MOST_ROWS = 20_000  # of a file with more findings the first are shown
_LONGEST = 60  # characters of a cell
_ERRORS = "W15"  # whose cells may hold a formula and no text

Place = tuple[str, int, str | None]  # rule, row and column


def cells_of_findings(
    con: duckdb.DuckDBPyConnection, feed: Feed, batch_id: int, findings: Sequence[Sequence[Any]]
) -> dict[Place, str]:
    """The masked text of the cells by rule, row and column of findings (rule, _, row, _, column, …).

    A rule about two columns (dates in the wrong order) has both, each with its header. Nothing is said of findings
    about a whole file, a whole row, or a row that may not be shown.
    """
    rules: defaultdict[int, set[str]] = defaultdict(set)
    wanted: list[tuple[str, int, str | None]] = []
    for rule, _, row, _, column, *_ in findings:
        if row is not None:
            rules[row].add(rule)
            wanted.append((rule, row, column))
    numbers = sorted(rules)[:MOST_ROWS]
    names = ", ".join(feed.column_names)
    rows = con.execute(
        f"select row_no, spoiled is not null, {names} from warehouse.raw.{feed.table}"
        " where batch_id = ? and list_contains(?::integer[], row_no) and row_kind = 'data'",
        [batch_id, numbers],
    ).fetchall()
    shown = {}
    for row, is_spoiled, *cells in rows:
        written = {name: cell for name, cell in zip(feed.column_names, cells, strict=True) if cell}
        shown[row] = masked_cells(feed, written, rules[row], is_spoiled=is_spoiled)
    pairs = _pairs(feed)
    found: dict[Place, str] = {}
    for rule, row, column in wanted:
        columns = [column] if column else pairs.get(rule, [])
        if row not in shown or "Q4" in rules[row] or not set(columns) <= set(feed.column_names) or not columns:
            continue
        texts = {name: _short(shown[row].get(name, "")) for name in columns}
        if column:
            found[rule, row, column] = texts[column] if rule == _ERRORS else texts[column] or EMPTY_CELL
        else:
            found[rule, row, column] = "，".join(f"{feed.column(n).headers[0]} {text}" for n, text in texts.items())
    return found


def _pairs(feed: Feed) -> dict[str, list[str]]:
    """The two columns of a rule that compares them and names neither."""
    return {
        check.rule: [check.kwargs["column_B"], check.kwargs["column_A"]]
        for checks in suite(feed.id).values()
        for check in checks
        if check.column is None and {"column_A", "column_B"} <= set(check.kwargs)
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
