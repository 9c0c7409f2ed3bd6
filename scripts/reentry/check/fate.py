"""One file at which a check fails is refused (B1), and the others are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from reentry import faults
from reentry.contract import Feed
from reentry.debug import show_trace
from reentry.land.discover import Delivery
from reentry.land.land import Refused
from reentry.land.ledger import record_refusal, write_note
from reentry.land.refusal import RefusedError, internal


@dataclass(frozen=True)
class Unchecked:
    """A landed file that no check could be made of; it is taken out again."""

    delivery: Delivery
    sha256: str
    refused: RefusedError
    today: date

    @property
    def report(self) -> Refused:
        """As landing reports a refused file."""
        return Refused(self.delivery.name, self.refused.rule, self.refused.message, is_new=True)

    def write_note(self, folder: Path) -> None:
        """Writes what landing writes of a refused file."""
        write_note(folder, self.delivery, self.refused, sha256=self.sha256, today=self.today)


def each_by_itself(con: duckdb.DuckDBPyConnection, feed: Feed, check_feed: Callable[[Feed], None]) -> list[Unchecked]:
    """Checks the new batches of a feed together, and if that fails one after the other; those that fail alone."""
    try:
        check_feed(feed)
    except faults.NOT_OF_A_FILE:
        raise
    except Exception as error:
        if faults.is_damage(error):
            raise
        of_feed = f"agency = '{feed.agency}' and feed = '{feed.name}'"
        new = con.execute(
            f"select batch_id from memory.checking.files where is_new and {of_feed} order by position"
        ).fetchall()
        if not new:
            raise
        failed: list[Unchecked] = []
        for (batch_id,) in new:
            con.execute(f"update memory.checking.files set is_new = batch_id = {batch_id} where {of_feed}")
            try:
                if len(new) == 1:
                    raise error
                check_feed(feed)
                # of a file that is checked only what depends on its neighbours is judged again
                con.execute(f"delete from memory.checking.file_failures where rule != 'W13' and batch_id = {batch_id}")
            except faults.NOT_OF_A_FILE:
                raise
            except Exception as alone:
                show_trace(alone)
                failed.append(_take_out(con, feed, batch_id, internal(alone)))
        return failed
    return []


def _take_out(con: duckdb.DuckDBPyConnection, feed: Feed, batch_id: int, refused: RefusedError) -> Unchecked:
    """Removes a landed batch, and records its refusal."""
    found = con.execute(
        "select path, sha256, delivered_on, delivery_no, landed_on from warehouse.landing.batches where batch_id = ?",
        [batch_id],
    ).fetchone()
    if found is None:
        raise RuntimeError(f"there is no batch {batch_id}")
    path, sha256, delivered_on, delivery_no, landed_on = found
    delivery = Delivery(
        path=Path(path),
        name=path,
        agency=feed.agency,
        feed=feed,
        delivered_on=delivered_on,
        delivery_no=delivery_no,
        size=0,
        modified_ns=0,
    )
    con.execute("begin")
    try:
        con.execute(f"delete from warehouse.raw.{feed.table} where batch_id = {batch_id}")
        con.execute(f"delete from warehouse.landing.findings where batch_id = {batch_id}")
        con.execute(f"delete from warehouse.landing.batches where batch_id = {batch_id}")
        con.execute(
            "update warehouse.landing.seen_files set outcome = ?, batch_id = null where batch_id = ?",
            [refused.rule, batch_id],
        )
        record_refusal(con, delivery, refused, sha256=sha256, today=landed_on)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute(f"delete from memory.checking.files where batch_id = {batch_id}")
    return Unchecked(delivery, sha256, refused, landed_on)
