"""One file into the warehouse, whole or not at all: its rows, its batch, and the block rules judged on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from reentry.contract import Feed
from reentry.land.discover import Delivery
from reentry.land.ledger import add_finding, add_untested_total
from reentry.land.prepare import Prepared
from reentry.land.raw_rows import insert_rows
from reentry.land.refusal import RefusedError
from reentry.land.totals import judge_totals


@dataclass(frozen=True, order=True)
class Landed:
    """A landed batch, in order of delivery."""

    delivered_on: date
    delivery_no: int
    is_copy: bool
    path: str
    batch_id: int
    sha256: str
    data_rows: int

    @property
    def place(self) -> tuple[date, int, bool, str]:
        """As ``Delivery.place``."""
        return self.delivered_on, self.delivery_no, self.is_copy, self.path


@dataclass(frozen=True)
class Strictness:
    """How a block rule that a district may soften is judged."""

    severity: str  # block | warn | off
    threshold: Decimal | None


def strictness(con: duckdb.DuckDBPyConnection) -> dict[str, Strictness]:
    """The block rules, by id, as the seed or the district's own lines have them."""
    rows = con.execute("select rule, severity, threshold from warehouse.reference.rules where rule like 'B%'")
    return {rule: Strictness(*rest) for rule, *rest in rows.fetchall()}


class Batches:
    """The landed batches of every feed."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Reads them from the warehouse."""
        self._by_feed: dict[tuple[str, str], list[Landed]] = {}
        for agency, feed, *rest in con.execute(
            "select agency, feed, delivered_on, delivery_no, is_copy, path, batch_id, sha256, rows_read - rows_skipped"
            " from warehouse.landing.batches"
        ).fetchall():
            self.add(agency, feed, Landed(*rest))

    def add(self, agency: str, feed: str, landed: Landed) -> None:
        """Adds a batch that is committed."""
        self._by_feed.setdefault((agency, feed), []).append(landed)

    def before(self, delivery: Delivery) -> Landed | None:
        """The newest batch of the feed up to this delivery, in order of date, number and path."""
        batches = self._by_feed.get((delivery.fit.agency, delivery.fit.name), [])
        return max(
            (b for b in batches if (b.delivered_on, b.delivery_no, b.is_copy, b.path) <= delivery.place), default=None
        )

    @property
    def next_id(self) -> int:
        """The id for the next batch."""
        return max((b.batch_id for batches in self._by_feed.values() for b in batches), default=0) + 1


def land_batch(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    prepared: Prepared,
    *,
    batches: Batches,
    sha256: str,
    today: date,
) -> Landed:
    """Writes rows and batch inside the open transaction; the caller adds what is given to ``batches`` once committed.

    RefusedError B3, B4 or B6: the caller rolls back. CountError or duckdb.Error: read again exactly.
    """
    feed = delivery.fit
    batch_id, before = batches.next_id, batches.before(delivery)
    delivered_on = delivery.delivered_on or date.min
    insert_rows(con, feed, prepared, batch_id=batch_id)
    kinds = dict(
        con.execute(
            f"select row_kind, count(*) from warehouse.raw.{feed.table} where batch_id = {batch_id} group by all"
        ).fetchall()
    )
    data_rows = kinds.pop("data", 0) + kinds.pop("broken", 0)
    skipped = sum(kinds.values())
    if not data_rows:
        raise RefusedError("B3")
    rules = strictness(con)
    totals = judge_totals(con, feed, prepared, batch_id)
    softened = []
    for broken in (totals.broken, _judge_size(feed, data_rows, before, rules)):
        if broken and rules[broken.rule].severity == "block":
            raise broken
        if broken and rules[broken.rule].severity == "warn":
            softened.append(broken)
    header, left_out = prepared.header, prepared.left_out
    values: dict[str, object] = {
        "batch_id": batch_id,
        "agency": feed.agency,
        "feed": feed.name,
        "file_name": delivery.file_name,
        "path": delivery.name,
        "sha256": sha256,
        "delivered_on": delivery.delivered_on,
        "delivery_no": delivery.delivery_no,
        "is_copy": bool(delivery.copy),
        "landed_on": today,
        "encoding": prepared.encoding,
        "separator": prepared.separator if prepared.encoding else None,
        "sheet": prepared.sheets[0] if prepared.sheets else None,
        "sheets": list(prepared.sheets) or None,
        "title_rows": list(header.titles),
        "header": [column.header for column in header.columns],
        "header_row": header.row_no,
        "hidden_sheets": list(left_out.hidden),
        "unread_sheets": list(left_out.without_header),
        "repeated_sheets": list(left_out.repeated),
        "columns": json.dumps(
            [c.document() | {"sheet": n} for n, of_sheet in enumerate(prepared.headers) for c in of_sheet.columns],
            ensure_ascii=False,
        ),
        "rows_read": data_rows + skipped,
        "rows_skipped": skipped,
    }
    con.execute(
        f"insert into warehouse.landing.batches ({', '.join(values)}) values ({', '.join('?' * len(values))})",
        list(values.values()),
    )
    for broken in softened:
        add_finding(con, delivery, broken, severity="warn", batch_id=batch_id)
    for untested in totals.untested:
        add_untested_total(con, delivery, untested, batch_id=batch_id)
    return Landed(delivered_on, delivery.delivery_no, bool(delivery.copy), delivery.name, batch_id, sha256, data_rows)


def _judge_size(feed: Feed, data_rows: int, before: Landed | None, rules: dict[str, Strictness]) -> RefusedError | None:
    """B6 when a snapshot has too few of the data rows of the one before."""
    if feed.is_snapshot and before is not None and 100 * data_rows < (rules["B6"].threshold or 0) * before.data_rows:
        return RefusedError("B6")
    return None
