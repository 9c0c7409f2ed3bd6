"""What landing remembers of files: seen, repeated, refused; and what it tells of refusals."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from reentry.id_numbers import masked_ids
from reentry.land.discover import Delivery
from reentry.land.refusal import REPEATED, RefusedError

LANDED, REPEATED_OUTCOME = "landed", "repeated"
# Raised when files can be read that were refused before: the next refresh then tries all refused files again.
READING_VERSION = 1


@dataclass(frozen=True)
class Seen:
    """A file as it was when it was last looked at; ``outcome`` is landed, repeated, or the rule that refused it.

    ``batch_id``: the batch it became or repeats; of a file refused by B6 the one it was compared with. ``reading``: the
    READING_VERSION of that look; None before there was one.
    """

    size: int
    modified_ns: int
    sha256: str | None
    outcome: str
    batch_id: int | None
    reading: int | None

    @property
    def is_of_older_reading(self) -> bool:
        """Whether files are read otherwise now than when this one was looked at."""
        return self.reading != READING_VERSION

    def is_same_state(self, delivery: Delivery) -> bool:
        """Whether size and time of change are as they were."""
        return (self.size, self.modified_ns) == (delivery.size, delivery.modified_ns)


def seen_files(con: duckdb.DuckDBPyConnection) -> dict[str, Seen]:
    """All files ever looked at, by path in the inbox."""
    rows = con.execute(
        "select path, size_bytes, modified_ns, sha256, outcome, batch_id, reading from warehouse.landing.seen_files"
    ).fetchall()
    return {path: Seen(*rest) for path, *rest in rows}


def remember(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, *, sha256: str | None, outcome: str, batch_id: int | None
) -> None:
    """Keeps what became of a file; inside the caller's transaction."""
    con.execute(
        "insert or replace into warehouse.landing.seen_files values (?, ?, ?, ?, ?, ?, ?)",
        [delivery.name, delivery.size, delivery.modified_ns, sha256, outcome, batch_id, READING_VERSION],
    )


def record_repeat(con: duckdb.DuckDBPyConnection, delivery: Delivery, *, batch_id: int) -> None:
    """Records a repeated delivery (D1) of the batch that it repeats; inside the caller's transaction."""
    con.execute(
        "insert into warehouse.landing.repeats values (?, ?, ?, ?, ?)",
        [batch_id, delivery.fit.agency, delivery.fit.name, delivery.name, delivery.delivered_on],
    )
    _add_finding(con, delivery, "D1", "info", REPEATED, "R5", None)


def record_refusal(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, refused: RefusedError, *, sha256: str | None, today: date
) -> None:
    """Records a refusal and its finding; inside the caller's transaction."""
    con.execute(
        "insert into warehouse.landing.refusals values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            delivery.name,
            delivery.file_name,
            delivery.agency,
            delivery.feed.name if delivery.feed else None,
            delivery.delivered_on,
            sha256,
            refused.rule,
            refused.message,
            today,
        ],
    )
    add_finding(con, delivery, refused, severity="block")


def add_finding(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    broken: RefusedError,
    *,
    severity: str,
    batch_id: int | None = None,
) -> None:
    """Adds the finding of a block rule, which is a warning where the district has softened it."""
    _add_finding(con, delivery, broken.rule, severity, broken.message, broken.action, batch_id)


def add_untested_total(con: duckdb.DuckDBPyConnection, delivery: Delivery, header: str, *, batch_id: int) -> None:
    """Adds the finding (W15) of a column whose 合计 cannot be tested."""
    rule = con.execute("select severity, action from warehouse.reference.rules where rule = 'W15'").fetchone()
    if rule and rule[0] != "off":
        _add_finding(con, delivery, "W15", rule[0], f"合计未核对：{header}", rule[1], batch_id)


def _add_finding(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    rule: str,
    severity: str,
    message: str,
    action: str,
    batch_id: int | None,
) -> None:
    con.execute(
        "insert into warehouse.landing.findings"
        " (rule, severity, agency, feed, file_name, delivered_on, message, action, batch_id)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            rule,
            severity,
            delivery.agency,
            delivery.feed.name if delivery.feed else None,
            _shown_name(delivery),
            delivery.delivered_on,
            message,
            action,
            batch_id,
        ],
    )


def forget_refusals(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Closes the findings of earlier refusals of a file that is judged anew; the refusals stay on record."""
    con.execute(
        "delete from warehouse.landing.findings where batch_id is null and severity = 'block' and file_name = ?"
        " and agency is not distinct from ? and feed is not distinct from ? and delivered_on is not distinct from ?",
        [
            _shown_name(delivery),
            delivery.agency,
            delivery.feed.name if delivery.feed else None,
            delivery.delivered_on,
        ],
    )


def record_taken_away(con: duckdb.DuckDBPyConnection, path: str, *, today: date) -> None:
    """Closes the finding of a file of no feed (B9) that lies in the inbox no more; inside the caller's transaction.

    Nobody sends such a file again: who takes it away, or gives it a right name, has done what was to be done.
    """
    con.execute("insert into warehouse.landing.taken_away values (?, ?)", [path, today])
    con.execute("delete from warehouse.landing.seen_files where path = ?", [path])
    con.execute(
        "delete from warehouse.landing.findings"
        " where batch_id is null and feed is null and rule in ('B1', 'B9') and file_name = ?",
        [path],
    )


def _shown_name(delivery: Delivery) -> str:
    """The file's name; with its folders where it fits no feed."""
    return delivery.file_name if delivery.feed else delivery.name


def write_note(folder: Path, delivery: Delivery, refused: RefusedError, *, sha256: str | None, today: date) -> None:
    """Writes a refusal as JSON below ``folder``: name, hash and reason, never content. One file per name and rule."""
    folder.mkdir(parents=True, exist_ok=True)
    note = {
        "path": masked_ids(delivery.name),
        "agency": delivery.agency,
        "feed": delivery.feed.id if delivery.feed else None,
        "delivered_on": delivery.delivered_on.isoformat() if delivery.delivered_on else None,
        "size_bytes": delivery.size,
        "sha256": sha256,
        "rule": refused.rule,
        "message": refused.message,
        "action": refused.action,
        "rows": list(refused.rows),
        "refused_on": today.isoformat(),
    }
    mark = hashlib.sha256(f"{delivery.name}\n{sha256}\n{refused.rule}".encode()).hexdigest()[:12]
    path = folder / f"{today:%Y%m%d}-{refused.rule}-{mark}.json"
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(note, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
