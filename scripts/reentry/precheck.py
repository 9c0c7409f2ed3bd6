"""Checking before sending: what would become of a file, found out by landing and checking it in a warehouse in memory.

The very code of landing and checks runs, on a copy of as much of the warehouse as they look at: the deliveries of the
feed, and the keys of their rows. What does not fit in memory is spilled, encrypted, to a folder that is removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from reentry.check import check_on
from reentry.check.shown_cells import EMPTY_CELL, cells_of_findings
from reentry.contract import Feed
from reentry.errors import UsageError
from reentry.land import LandReport, land_on
from reentry.land.discover import Delivery, discover
from reentry.land.limits import Limits
from reentry.land.place import place_of
from reentry.land.places import place_of_row, place_zh
from reentry.reference import load_reference
from reentry.rules import SEVERITIES, rule_texts
from reentry.settings import Settings
from reentry.spill import scratch_folder
from reentry.store import Home, attach_when_free, create_tables, memory_connection
from reentry.vault import open_vault

ACCEPTED, REPEATED, UNCHANGED, REFUSED = "accepted", "repeated", "unchanged", "refused"
_OUTCOMES = {
    ACCEPTED: "可以报送",
    REPEATED: "与上一次报送完全相同，不会重复入库",
    UNCHANGED: "这份文件已经入库",
    REFUSED: "会被整份退回",
}
MOST_BYTES = 255  # of a file name
_LANDED = "landed"  # the bureau's warehouse beside the throw-away one


@dataclass(frozen=True)
class Found:
    """A finding of the file; ``column`` as the contract names it, ``header`` as the agency does."""

    rule: str
    severity: str
    row: int | None
    key: str | None
    column: str | None
    header: str | None
    message: str
    action: str
    sheet: str | None = None  # of a workbook
    cells: str | None = None  # what stands there, masked where it must be; None where the finding is of no cell

    @property
    def said(self) -> str:
        """The message; where a rule has several conditions, that which holds."""
        if self.rule == "Q1" and self.cells is not None:
            return f"{'必填项为空' if self.cells == EMPTY_CELL else '必填项无法解析'}：{self.header}"
        return self.message

    @property
    def mend_zh(self) -> str:
        """What to do; empty where the message says it."""
        return "" if self.severity == "block" and "请" in self.message else rule_texts()[self.rule].mend_zh

    def document(self) -> dict[str, Any]:
        """As one JSON object, with the words for people."""
        words = {
            "place_zh": place_zh(self.sheet, self.row),
            "severity_zh": SEVERITIES[self.severity],
            "mend_zh": self.mend_zh,
            "said": self.said,
        }
        return {**vars(self), **words}


@dataclass(frozen=True)
class Rows:
    """What becomes of the rows read."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Prechecked:
    """What would become of a file. ``path`` is its place in the inbox; ``feed`` is None when its name fits none."""

    path: str
    feed: Feed | None
    delivered_on: date | None
    outcome: str  # accepted, repeated (D1), unchanged (this very file has landed), refused
    rows: Rows = Rows()
    refused_places: tuple[tuple[str | None, int], ...] = ()  # sheet and row, B7 only
    findings: list[Found] = field(default_factory=list)

    @property
    def refused_rows(self) -> tuple[int, ...]:
        """The numbers of the rows that refuse the file (B7)."""
        return tuple(row for _, row in self.refused_places)

    @property
    def outcome_zh(self) -> str:
        """What becomes of the file, in words."""
        aside = f"，{self.rows.quarantined} 行会被隔离" if self.rows.quarantined else ""
        return _OUTCOMES[self.outcome] + aside

    @property
    def refusal(self) -> Found | None:
        """The block rule that refuses the file."""
        return next((f for f in self.findings if f.severity == "block"), None)

    def document(self) -> dict[str, Any]:
        """As one JSON object."""
        refusal = self.refusal
        return {
            "path": self.path,
            "agency": self.feed.agency if self.feed else None,
            "agency_zh": self.feed.agency_zh if self.feed else None,
            "feed": self.feed.id if self.feed else None,
            "feed_zh": self.feed.name_zh if self.feed else None,
            "delivered_on": self.delivered_on,
            "outcome": self.outcome,
            "outcome_zh": self.outcome_zh,
            "refused": {**refusal.document(), "rows": list(self.refused_rows)} if refusal else None,
            "rows": vars(self.rows),
            "by_rule": dict(sorted(Counter(f.rule for f in self.findings).items())),
            "findings": [f.document() for f in self.findings],
        }


def precheck(
    home: Home,
    settings: Settings,
    file: Path,
    *,
    named: str | None,
    today: date,
    progress: Callable[[str], None],
    limits: Limits | None = None,
) -> Prechecked:
    """What landing the file on ``today`` would do; nothing is kept of it. Rules across feeds are not judged here.

    ``named`` is the place it would have in the inbox, where its own name does not say (see ``place_of``). Without a
    warehouse in ``home``, an empty one is assumed. UsageError when there is no such file, or it is being written.
    """
    if not _is_file(file):
        raise UsageError(f"There is no file {file}: give the path of a CSV or XLSX file.")
    limits = limits or Limits(memory_mb=settings.read_memory_mb)
    with _throw_away(home, settings) as (con, scratch):
        inbox = scratch.path / "inbox"
        place = inbox / named_shortly(place_of(file, named))
        place.parent.mkdir(parents=True)
        place.symlink_to(file.absolute())
        (delivery,) = _one(discover(inbox), file)
        if delivery.feed is not None and home.warehouse.exists():
            progress("copy what has landed")
            attach_when_free(con, home.warehouse, _LANDED, open_vault(home.path), write=False)
            _copy_landed(con, delivery, delivery.feed)
            con.execute(f"detach {_LANDED}")
        report = land_on(con, scratch, inbox, today, progress=progress, limits=limits)
        if report.postponed:
            raise UsageError(f"The file {file.name} is still being written: try again when it is whole.")
        checked = check_on(con, progress)
        report.landed -= len(checked.refused)
        return _result(con, delivery, report)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:  # no path at all: a character that none may have
        return False


def named_shortly(place: str) -> str:
    """A place in an inbox; UsageError when its name cannot be that of a file: too long, or no text."""
    if any(len(part.encode(errors="replace")) > MOST_BYTES for part in place.split("/")):
        raise UsageError(f"文件名太长（最多 {MOST_BYTES} 字节，约 {MOST_BYTES // 3} 个汉字）：请改短后再报送。")
    if any(ord(letter) < ord(" ") for letter in place):
        raise UsageError("文件名里有换行等不能使用的字符：请改名后再报送。")
    return place


def _one(deliveries: list[Delivery], file: Path) -> list[Delivery]:
    if not deliveries:
        raise UsageError(f"Landing leaves {file.name} alone for its name: give it the name of a delivery.")
    return deliveries


@contextmanager
def _throw_away(home: Home, settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Home]]:
    """A connection with an empty ``warehouse`` in memory, and a folder, that last as long as the block."""
    with _working_place(home) as place, scratch_folder(place.path) as folder:
        con = memory_connection(place)
        try:
            con.execute("attach ':memory:' as warehouse")
            create_tables(con)
            load_reference(con, settings)
            yield con, Home(folder)
        finally:
            con.close()


@contextmanager
def _working_place(home: Home) -> Iterator[Home]:
    """The home, or, for somebody who has none, a folder that is gone afterwards."""
    if home.path.is_dir():
        yield home
        return
    with TemporaryDirectory(prefix="reentry-") as folder:
        yield Home(Path(folder))


def _copy_landed(con: duckdb.DuckDBPyConnection, delivery: Delivery, feed: Feed) -> None:
    """What landing and checks look at: the feed's deliveries, the keys of their rows, and whether this file is known.

    A refusal of this file is left behind: it is judged anew.
    """
    of_feed = f"agency = '{feed.agency}' and feed = '{feed.name}'"
    con.execute(
        "insert into warehouse.landing.batches by name"
        f" from {_LANDED}.landing.batches where {of_feed} order by batch_id"
    )
    con.execute(
        f"insert into warehouse.landing.seen_files by name from {_LANDED}.landing.seen_files"
        " where path = ? and outcome in ('landed', 'repeated')",
        [delivery.name],
    )
    if feed.is_snapshot:  # which keys were there (W12)
        keys = ", ".join(("batch_id", "row_no", "is_quarantined", "set_aside_on", *feed.key))
        con.execute(
            f"insert into warehouse.checked.{feed.table} by name select {keys} from {_LANDED}.checked.{feed.table}"
        )
    unchecked = "select batch_id from warehouse.landing.batches where not is_checked"
    con.execute(
        f"insert into warehouse.raw.{feed.table} by name"
        f" from {_LANDED}.raw.{feed.table} where batch_id in ({unchecked})"
    )


def _result(con: duckdb.DuckDBPyConnection, delivery: Delivery, report: LandReport) -> Prechecked:
    outcome = REPEATED if report.repeated else UNCHANGED if report.unchanged else REFUSED
    rows, batch_id, sheets = Rows(), None, None
    if report.landed:
        outcome = ACCEPTED
        ((batch_id, sheets, *counts),) = con.execute(
            "select batch_id, sheets, rows_read, rows_accepted, rows_quarantined, rows_skipped"
            " from warehouse.landing.batches order by batch_id desc limit 1"
        ).fetchall()
        rows = Rows(*counts)
    headers = {c.name: c.headers[0] for c in delivery.feed.columns} if delivery.feed else {}
    found = con.execute(
        "select rule, severity, row_no, key, column_name, message, action from warehouse.landing.findings"
        " where batch_id is not distinct from ? order by row_no nulls first, rule, column_name, key",
        [batch_id],
    ).fetchall()
    shown = cells_of_findings(con, delivery.fit, batch_id, found) if batch_id is not None else {}
    return Prechecked(
        delivery.name,
        delivery.feed,
        delivery.delivered_on,
        outcome,
        rows,
        refused_places=report.refused[0].places if report.refused else (),
        findings=[
            Found(
                rule,
                severity,
                place[1],
                key,
                column,
                headers.get(column, column),
                message,
                action,
                place[0],
                shown.get((rule, row, column)),
            )
            for rule, severity, row, key, column, message, action in found
            for place in [_place(sheets, row)]
        ],
    )


def _place(sheets: list[str] | None, row_no: int | None) -> tuple[str | None, int | None]:
    return (None, None) if row_no is None else place_of_row(sheets, row_no)
