"""From an inbox to its rows and findings: the ingest half of the oracle, FEEDS.md and QUALITY.md.

``ingest`` reads every delivery; ``in_force``, ``accepted``, ``first_delivered``, ``data_rows`` and
``late_findings`` answer what follows from them as known at the end of a day.
"""

from __future__ import annotations

import gc
import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .cells import Places, cell, places, text
from .contract import FEEDS, Feed
from .files import SEPARATORS, TooLargeError, UnreadableError, Workbook, csv_records, decode, read_workbook
from .rows import read_row
from .shapes import Batch, Delivered, District, Finding, Row, Value
from .table import Table, csv_table, is_sealed, table, wrong_total

Key = tuple[Value, ...]
MAX_ROWS = 2_000_000
NO_FEEDS = ("links.csv", "townships.csv", "districts.csv")
_SEVERITIES = {"B": "block", "Q": "quarantine", "W": "warn", "D": "info"}
_FILE_NAME = re.compile(r"(.+)_([0-9]{8})(?:_([0-9]+))?\.(csv|xlsx)", re.IGNORECASE)


class LinkError(ValueError):
    """A line of links.csv has no readable decided_on."""


@dataclass(frozen=True)
class Delivery:
    """A file whose name fits a feed."""

    path: Path
    name: str  # path below the inbox, with /
    feed: Feed
    delivered_on: date
    delivery_no: int

    def finding(self, rule: str, row_no: int | None = None, column: str | None = None) -> Finding:
        """A finding of this file."""
        return Finding(rule, _SEVERITIES[rule[0]], self.feed.id, self.name, self.delivered_on, row_no, column)


@dataclass
class Landed:
    """What is remembered of a feed's newest landed file while reading on."""

    sha256: str
    data_rows: int
    state: dict[Key, Row]


def ingest(inbox: Path, district: District, today: date) -> Delivered:
    """Every delivery of an inbox up to ``today``, in order of date, number and path.

    W08 and W10 depend on what else is known and come from :func:`late_findings`.
    """
    with _without_collector():
        return _ingest(inbox, places(district), today)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows are kept, so searching them for garbage again and again would double the time of reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _ingest(inbox: Path, known: Places, today: date) -> Delivered:
    delivered = Delivered([], [], [], read_links(inbox / "links.csv", known))
    newest: dict[str, Landed] = {}
    for delivery in _deliveries(inbox, today, delivered.findings):
        content = delivery.path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        before = newest.get(delivery.feed.id)
        if before is not None and before.sha256 == sha256:
            delivered.duplicates.append((delivery.feed.id, delivery.delivered_on))
            delivered.findings.append(delivery.finding("D1"))
            continue
        read = _read(delivery, content, before, known)
        if isinstance(read, str):
            delivered.findings.append(delivery.finding(read))
            continue
        found, hidden = read
        batch = Batch(delivery.feed.id, delivery.path, delivery.delivered_on, delivery.delivery_no)
        batch.order = len(delivered.batches)
        delivered.batches.append(batch)
        delivered.findings += [delivery.finding("W14", column=name) for name in found.unknown + hidden]
        delivered.findings += [delivery.finding("W17", column=name) for name in found.early_days]
        delivered.findings += [delivery.finding("W53", column=name) for name in found.said_wan_twice]
        delivered.findings += _fill(batch, delivery, found, known)
        delivered.findings += _against_before(batch, delivery, before)
        state = _next_state(before.state if before else {}, batch) if delivery.feed.is_snapshot else {}
        newest[delivery.feed.id] = Landed(sha256, len(found.data), state)
    return delivered


def _deliveries(inbox: Path, today: date, findings: list[Finding]) -> list[Delivery]:
    """Files that fit a feed and a date, in order of delivery; B9 and B5 of the others go to ``findings``."""
    feeds = {
        (agency, name): feed for feed in FEEDS.values() for agency in feed.agency_names for name in feed.feed_names
    }
    deliveries: list[Delivery] = []
    for path in sorted(inbox.rglob("*")):
        parts = path.relative_to(inbox).parts
        is_hidden = any(part.startswith(".") for part in parts) or parts[-1].startswith("~$")
        if not path.is_file() or is_hidden or (len(parts) == 1 and parts[0] in NO_FEEDS):
            continue
        name = "/".join(parts)
        agency, file_name = (unicodedata.normalize("NFC", part) for part in ("", *parts)[-2:])
        match = _FILE_NAME.fullmatch(file_name)
        feed = feeds.get((agency, match[1])) if match and len(parts) == 2 else None
        if match is None or feed is None:
            findings.append(Finding("B9", "block", None, name, None, None, None))
            continue
        try:
            delivered_on = date(int(match[2][:4]), int(match[2][4:6]), int(match[2][6:]))
        except ValueError:
            findings.append(Finding("B5", "block", feed.id, name, None, None, None))
            continue
        delivery = Delivery(path, name, feed, delivered_on, int(match[3] or 1))
        if delivered_on > today:
            findings.append(delivery.finding("B5"))
        else:
            deliveries.append(delivery)
    return sorted(deliveries, key=lambda found: (found.delivered_on, found.delivery_no, found.name))


def _read(delivery: Delivery, content: bytes, before: Landed | None, known: Places) -> tuple[Table, list[str]] | str:
    """The table and hidden sheets of a file that lands, or the first block rule that fits."""
    hidden: list[str] = []
    try:
        if delivery.path.suffix.lower() == ".csv":
            found = csv_table(delivery.feed, decode(content))
        else:
            book: Workbook = read_workbook(content)
            found, hidden = table(delivery.feed, book.records), book.hidden
    except UnreadableError:
        return "B1"
    except TooLargeError:
        return "B8"
    if found is None:
        return "B2"
    data_rows = len(found.data)
    if data_rows == 0:
        return "B3"
    if is_sealed(found, known):
        return "B7"
    if wrong_total(found, known):
        return "B4"
    if delivery.feed.is_snapshot and before is not None and 2 * data_rows < before.data_rows:
        return "B6"
    if len(found.rows) > MAX_ROWS:
        return "B8"
    return found, hidden


def _fill(batch: Batch, delivery: Delivery, found: Table, known: Places) -> list[Finding]:
    """Reads the batch's rows; gives the findings of rows, W11 among them."""
    findings: list[Finding] = []
    seen: set[Key] = set()
    for record in found.rows:
        row, broken = read_row(found, record, batch.delivered_on, known)
        row.batch = batch
        batch.rows.append(row)
        findings += [delivery.finding(rule, row.row_no, column) for rule, column in broken]
        if row.outcome == "accepted" and row.key is not None:
            if row.key in seen:
                findings.append(delivery.finding("W11", row.row_no))
            seen.add(row.key)
    return findings


def _against_before(batch: Batch, delivery: Delivery, before: Landed | None) -> list[Finding]:
    """W12 and W13: the batch against the landed one of its feed before it."""
    if before is None:
        return []
    findings: list[Finding] = []
    if delivery.feed.is_snapshot:
        still = _next_state(before.state, batch)
        findings += [delivery.finding("W12") for key in before.state if key not in still]
    data_rows = sum(row.outcome != "skipped" for row in batch.rows)
    if 10 * abs(data_rows - before.data_rows) > 3 * before.data_rows:
        findings.append(delivery.finding("W13"))
    return findings


def _next_state(before: dict[Key, Row], batch: Batch) -> dict[Key, Row]:
    """The state a snapshot gives: its accepted rows, and of quarantined rows the version before, if in force."""
    state = {row.key: row for row in batch.rows if row.outcome == "accepted" and row.key is not None}
    for row in batch.rows:
        if row.outcome == "quarantined" and row.key in before and row.key is not None:
            state.setdefault(row.key, before[row.key])
    return state


def read_links(path: Path, known: Places) -> list[dict[str, str]]:
    """Lines of links.csv as trimmed text, decided_on as an ISO date; raises LinkError naming the line."""
    if not path.is_file():
        return []
    content = decode(path.read_bytes())
    for separator in SEPARATORS:
        records = [record for record in csv_records(content, separator) if not record.is_blank]
        names = [text(name) for name in records[0].cells] if records else []
        if "decided_on" in names:
            break
    lines: list[dict[str, str]] = []
    for record in records[1:]:
        cells = [text(value) for value in record.cells]
        line = dict(zip(names, cells + [""] * len(names), strict=False))
        decided_on = cell("date", line.get("decided_on", ""), known)[1]
        if not isinstance(decided_on, date):
            raise LinkError(f"links.csv line {record.no}: decided_on")
        lines.append({**line, "decided_on": decided_on.isoformat()})
    return lines


def accepted(delivered: Delivered, feed: str, known_at: date) -> list[Row]:
    """All accepted rows of all batches of a feed delivered by ``known_at``, older versions and withdrawals too."""
    return [
        row
        for batch in delivered.batches
        if batch.feed == feed and batch.delivered_on <= known_at
        for row in batch.rows
        if row.outcome == "accepted"
    ]


def in_force(delivered: Delivered, feed: str, known_at: date) -> list[Row]:
    """Rows in force: the newest accepted version of each key that is not withdrawn, or the newest snapshot's."""
    if not FEEDS[feed].is_snapshot:
        newest = {row.key: row for row in accepted(delivered, feed, known_at)}
        return [row for row in newest.values() if not row.withdrawn]
    state: dict[Key, Row] = {}
    for batch in delivered.batches:
        if batch.feed == feed and batch.delivered_on <= known_at:
            state = _next_state(state, batch)
    return list(state.values())


def first_delivered(delivered: Delivered, feed: str) -> dict[Key, date]:
    """First delivery date on which each key came as an accepted row."""
    first: dict[Key, date] = {}
    for row in accepted(delivered, feed, date.max):
        if row.key is not None and row.batch is not None:
            first.setdefault(row.key, row.batch.delivered_on)
    return first


def data_rows(delivered: Delivered, known_at: date) -> dict[tuple[str, str], int]:
    """Rows by feed and outcome: read, accepted, quarantined, skipped; every feed that has a batch has all four."""
    counts: Counter[tuple[str, str]] = Counter()
    for batch in delivered.batches:
        if batch.delivered_on <= known_at:
            counts.update({(batch.feed, outcome): 0 for outcome in ("accepted", "quarantined", "skipped")})
            counts.update((batch.feed, row.outcome) for row in batch.rows)
            counts[batch.feed, "read"] += len(batch.rows)
    return dict(counts)


def late_findings(delivered: Delivered, known_at: date) -> list[Finding]:
    """W08 and W10 over the accepted rows of all batches delivered by ``known_at``, withdrawals left out."""
    rows = [
        row
        for feed in FEEDS
        for row in accepted(delivered, feed, known_at)
        if not row.withdrawn and isinstance(row.values.get("id_no"), str)
    ]
    names: defaultdict[Value, set[Value]] = defaultdict(set)
    ids: defaultdict[tuple[Value, Value], set[Value]] = defaultdict(set)
    for row in rows:
        if row.values["name"] is not None:
            names[row.values["id_no"]].add(row.values["name"])
        if row.feed == "corrections.releases" and row.values["birth_date"] is not None:
            ids[row.values["name"], row.values["birth_date"]].add(row.values["id_no"])
    two_names = [_late("W08", row) for row in rows if len(names[row.values["id_no"]]) > 1]
    two_ids = [
        _late("W10", row)
        for row in rows
        if row.feed == "corrections.releases" and len(ids.get((row.values["name"], row.values["birth_date"]), ())) > 1
    ]
    return two_names + two_ids


def _late(rule: str, row: Row) -> Finding:
    batch = row.batch
    assert batch is not None
    name = f"{batch.path.parent.name}/{batch.path.name}"
    return Finding(rule, "warn", row.feed, name, batch.delivered_on, row.row_no, None)
