"""What lies in the inbox, newest first, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from reentry import faults
from reentry.hand_in import inbox_of
from reentry.land.discover import Delivery, discover
from reentry.land.ledger import LANDED, REPEATED_OUTCOME
from reentry.store import Home, attach, memory_connection
from reentry.vault import Vault

MOST = 200
WAITING, TAKEN, REPEATED, REFUSED, UNKNOWN = "waiting", "landed", "repeated", "refused", "unknown"
_NOT_YET = "已收到，下一次刷新时入库"
_BUSY = "正在刷新，稍后再看"
_AGAIN = "与上一次报送完全相同，没有重复入库"


@dataclass(frozen=True)
class _Fate:
    size: int
    modified_ns: int
    outcome: str
    landed_on: date | None
    accepted: int | None
    quarantined: int | None
    message: str | None


def received(home: Home, vault: Vault) -> list[dict[str, Any]]:
    """The MOST newest files of the inbox: path, agency, feed, days, when it came, state and the state in words."""
    inbox = inbox_of(home)
    if not inbox.is_dir():
        return []
    newest = sorted(discover(inbox), key=lambda d: (-d.modified_ns, d.name))[:MOST]
    fates = _fates(home, vault, [d.name for d in newest])
    return [_document(delivery, fates) for delivery in newest]


def _fates(home: Home, vault: Vault, paths: list[str]) -> dict[str, _Fate] | None:
    """What the warehouse knows of files, by path; None while a refresh holds it."""
    if not home.warehouse.exists():
        return {}
    con = memory_connection(home)
    try:
        attach(con, home.warehouse, "warehouse", vault, write=False)
        rows = con.execute(
            """
            select
                seen.path, seen.size_bytes, seen.modified_ns, seen.outcome, batches.landed_on,
                batches.rows_accepted, batches.rows_quarantined, refused.message
            from warehouse.landing.seen_files as seen
            left join warehouse.landing.batches as batches on seen.batch_id = batches.batch_id
            left join (
                select path, rule, last(message order by rowid) as message
                from warehouse.landing.refusals group by path, rule
            ) as refused on seen.path = refused.path and seen.outcome = refused.rule
            where list_contains($1::varchar[], seen.path)
            """,
            [paths],
        ).fetchall()
    except duckdb.IOException as error:
        if not faults.is_locked(error):
            raise
        return None
    finally:
        con.close()
    return {path: _Fate(*rest) for path, *rest in rows}


def _document(delivery: Delivery, fates: dict[str, _Fate] | None) -> dict[str, Any]:
    fate = fates.get(delivery.name) if fates is not None else None
    state, said = (UNKNOWN, _BUSY) if fates is None else _state(delivery, fate)
    return {
        "path": delivery.name,
        "file_name": delivery.file_name,
        "agency_zh": delivery.feed.agency_zh if delivery.feed else None,
        "feed_zh": delivery.feed.name_zh if delivery.feed else None,
        "delivered_on": delivery.delivered_on,
        "received_at": datetime.fromtimestamp(delivery.modified_ns / 1e9, UTC),
        "state": state,
        "state_zh": said,
    }


def _state(delivery: Delivery, fate: _Fate | None) -> tuple[str, str]:
    if fate is None or (fate.size, fate.modified_ns) != (delivery.size, delivery.modified_ns):
        return WAITING, _NOT_YET
    if fate.outcome == REPEATED_OUTCOME:
        return REPEATED, _AGAIN
    if fate.outcome == LANDED:
        aside = f"，隔离 {fate.quarantined} 行" if fate.quarantined else ""
        return TAKEN, f"入库于 {fate.landed_on}：接收 {fate.accepted or 0} 行{aside}"
    return REFUSED, f"被退回：{fate.message or fate.outcome}（{fate.outcome}）"
