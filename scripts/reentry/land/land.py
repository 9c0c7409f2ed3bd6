"""The first step of the way: what is new in the inbox becomes batches and raw rows, each file whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import duckdb

from reentry import faults
from reentry.debug import show_trace
from reentry.land.discover import LINKS, Delivery, Reading, discover
from reentry.land.kinds import WHY_CONTENT
from reentry.land.ledger import (
    LANDED,
    REPEATED_OUTCOME,
    Seen,
    forget_refusals,
    record_refusal,
    record_repeat,
    record_taken_away,
    remember,
    seen_files,
    write_note,
)
from reentry.land.limits import USUAL, Limits
from reentry.land.reader import Reader, borrowed_reader
from reentry.land.refusal import RefusedError, StillWritingError, internal, why_not_opened
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

if TYPE_CHECKING:
    from reentry.land.batch import Batches, Strictness
    from reentry.land.prepare import Prepared

SETTLED_SECONDS = 0.25
_BY_NAME = ("B5", "B9")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Refused:
    """A file in the inbox that is refused; ``is_new`` when this run found it out. ``rows`` only for B7."""

    path: str
    rule: str
    message: str
    is_new: bool
    rows: tuple[int, ...] = ()
    places: tuple[tuple[str | None, int], ...] = ()  # of the same rows: sheet and row


@dataclass
class LandReport:
    """What a run did with the files of the inbox; each is counted in one of these."""

    landed: int = 0
    repeated: int = 0
    unchanged: int = 0  # landed or repeated by an earlier run
    refused: list[Refused] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)  # still being written
    links_changed: bool = False


def land(home: Home, vault: Vault, inbox: Path, today: date, progress: Progress, limits: Limits = USUAL) -> LandReport:
    """Lands every file of the inbox that was not seen before, in order of delivery, one transaction each.

    UsageError, before anything lands, for a links.csv that cannot be used. Refused files do not stop the others.
    """
    shutil.rmtree(_folder(home), ignore_errors=True)  # of a run that was killed
    with open_warehouse(home, vault, write=True) as con:
        return land_on(con, home, inbox, today, progress=progress, limits=limits)


def land_on(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    inbox: Path,
    today: date,
    *,
    progress: Progress,
    limits: Limits = USUAL,
) -> LandReport:
    """As ``land``, on a connection that has a ``warehouse``; ``home`` is for scratch and notes of refusals."""
    with borrowed_reader(limits) as reader:
        return _Landing(con, home, today, progress, reader).run(inbox)


def _folder(home: Home) -> Path:
    return home.building / "landing"


@dataclass
class _Judged:
    """What has become known of a file."""

    sha256: str | None = None
    compared: int | None = None  # the batch that B6 compares with


class _Landing:
    """One run."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, home: Home, today: date, progress: Progress, reader: Reader
    ) -> None:
        self._con, self._home, self._today, self._progress, self._reader = con, home, today, progress, reader
        self._report = LandReport()
        self._seen: dict[str, Seen] = {}
        self._has_cells = self._is_workbook = False

    def run(self, inbox: Path) -> LandReport:
        self._land_links(inbox)
        self._seen = seen_files(self._con)
        deliveries = discover(inbox)
        _let_settle(deliveries)
        if any(d.name not in self._seen and d.refusal(self._today) is None for d in deliveries):
            self._reader.start()
        for delivery in deliveries:
            if not self._is_known(delivery):
                self._take(delivery)
        self._miss({delivery.name for delivery in deliveries})
        return self._report

    def _miss(self, there: set[str]) -> None:
        """Records files of no feed, and folders, that somebody has taken away, renamed or made readable."""
        for path, seen in self._seen.items():
            if path not in there and (seen.outcome == "B9" or (seen.outcome == "B1" and self._is_of_no_feed(path))):
                with _transaction(self._con):
                    record_taken_away(self._con, path, today=self._today)

    def _is_of_no_feed(self, path: str) -> bool:
        query = "select 1 from warehouse.landing.refusals where path = ? and feed is null"
        return self._con.execute(query, [path]).fetchone() is not None

    def _land_links(self, inbox: Path) -> None:
        from reentry.land.links import land_links

        if (inbox / LINKS).is_file():
            self._install_cells()
        self._report.links_changed = land_links(self._con, inbox, _folder(self._home))

    def _install_cells(self) -> None:
        if not self._has_cells:
            from reentry.check.cells import install_cells

            install_cells(self._con)
            self._has_cells = True

    @cached_property
    def _batches(self) -> Batches:
        from reentry.land.batch import Batches

        return Batches(self._con)

    # known ------------------------------------------------------------------------------------------------------------

    def _is_known(self, delivery: Delivery) -> bool:
        """Whether nothing is to be done about a file; it is counted then."""
        seen = self._seen.get(delivery.name)
        if seen is None or not seen.is_same_state(delivery) or self._may_end_otherwise(delivery, seen):
            return False
        self._count_known(delivery, seen)
        return True

    def _may_end_otherwise(self, delivery: Delivery, seen: Seen) -> bool:
        """Whether a refused file that has not changed is looked at again: the day, feed or program has gone on."""
        if delivery.fault is not None:
            return seen.outcome != delivery.fault.rule
        if seen.outcome in (LANDED, REPEATED_OUTCOME):
            return False
        if seen.is_of_older_reading or self._softened(seen.outcome):
            return True
        if seen.outcome == "B6":
            before = self._batches.before(delivery)
            return before is None or before.batch_id != seen.batch_id
        refusal = delivery.refusal(self._today)
        if seen.outcome == "B9" and (refusal is None or refusal.rule == "B5"):
            # by its content, which has not changed, or by a name that has become known since
            return not any(why in self._last_message(delivery, "B9") for why in WHY_CONTENT)
        if seen.outcome in _BY_NAME:
            return refusal is None or refusal.rule != seen.outcome
        return seen.sha256 is None

    def _softened(self, rule: str) -> bool:
        """Whether the district no longer refuses files for the rule."""
        return rule in self._rules and self._rules[rule].severity != "block"

    @cached_property
    def _rules(self) -> dict[str, Strictness]:
        from reentry.land.batch import strictness

        return strictness(self._con)

    def _count_known(self, delivery: Delivery, seen: Seen) -> None:
        if seen.outcome in (LANDED, REPEATED_OUTCOME):
            self._report.unchanged += 1
            return
        message = self._last_message(delivery, seen.outcome)
        self._report.refused.append(Refused(delivery.name, seen.outcome, message, is_new=False))

    def _last_message(self, delivery: Delivery, rule: str) -> str:
        row = self._con.execute(
            "select message from warehouse.landing.refusals where path = ? and rule = ? order by rowid desc limit 1",
            [delivery.name, rule],
        ).fetchone()
        return row[0] if row else RefusedError(rule).message

    # new --------------------------------------------------------------------------------------------------------------

    def _take(self, delivery: Delivery) -> None:
        """Lands, repeats, refuses or postpones one file: whatever it makes fail, the others go on."""
        self._progress(f"land {delivery.name}")
        judged = _Judged()
        try:
            self._judge(delivery, judged)
        except RefusedError as refused:
            self._refuse(delivery, refused, judged.sha256, judged.compared if refused.rule == "B6" else None)
        except (StillWritingError, FileNotFoundError):
            self._progress(f"{delivery.name} is still being written: left for the next run")
            self._report.postponed.append(delivery.name)
        except faults.NOT_OF_A_FILE:
            raise  # of the disk or of the warehouse
        except duckdb.OutOfMemoryException as error:
            if faults.disk_fault(error):
                raise
            self._refuse(delivery, RefusedError("B8"), judged.sha256, None)
        except OSError as error:
            if faults.disk_fault(error) in (faults.FULL, faults.READ_ONLY):
                raise
            self._refuse(delivery, why_not_opened(error), None, None)
        except Exception as error:
            if faults.is_damage(error):
                raise
            show_trace(error)
            self._refuse(delivery, internal(error), judged.sha256, None)

    def _judge(self, delivery: Delivery, judged: _Judged) -> None:
        """Lands or repeats one file; RefusedError and others for its end."""
        if delivery.fault is not None and delivery.fault.rule != "B9":
            raise delivery.fault
        seen, refusal = self._seen.get(delivery.name), delivery.refusal(self._today)
        with delivery.path.open("rb") as file:
            _same_state(file, delivery)
            sha256 = judged.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if seen and seen.sha256 == sha256 and not self._may_end_otherwise(delivery, seen):
                _same_state(file, delivery)
                self._touch(delivery, seen)
                return
            if refusal:
                no_table = self._reader.refusal_of(file) if refusal.rule == "B5" else None
                raise no_table or refusal
            before = self._batches.before(delivery)
            judged.compared = before.batch_id if before else None
            if before and before.sha256 == sha256:
                self._repeat(delivery, sha256, before.batch_id)
                return
            self._install_cells()
            self._land(delivery, file, sha256)

    def _forget_refusals(self, delivery: Delivery) -> None:
        seen = self._seen.get(delivery.name)
        if seen and seen.outcome not in (LANDED, REPEATED_OUTCOME):
            forget_refusals(self._con, delivery)

    def _touch(self, delivery: Delivery, seen: Seen) -> None:
        """The same bytes with another time: remembered, so that they need not be read again."""
        remember(self._con, delivery, sha256=seen.sha256, outcome=seen.outcome, batch_id=seen.batch_id)
        self._count_known(delivery, seen)

    def _repeat(self, delivery: Delivery, sha256: str, batch_id: int) -> None:
        with _transaction(self._con):
            self._forget_refusals(delivery)
            record_repeat(self._con, delivery, batch_id=batch_id)
            remember(self._con, delivery, sha256=sha256, outcome=REPEATED_OUTCOME, batch_id=batch_id)
        self._report.repeated += 1

    def _refuse(self, delivery: Delivery, refused: RefusedError, sha256: str | None, compared: int | None) -> None:
        with _transaction(self._con):
            self._forget_refusals(delivery)
            record_refusal(self._con, delivery, refused, sha256=sha256, today=self._today)
            remember(self._con, delivery, sha256=sha256, outcome=refused.rule, batch_id=compared)
        write_note(self._home.refused, delivery, refused, sha256=sha256, today=self._today)
        self._report.refused.append(
            Refused(delivery.name, refused.rule, refused.message, True, refused.rows, refused.places)
        )

    def _land(self, delivery: Delivery, file: BinaryIO, sha256: str) -> None:
        """Lands a file by the fast reading, and where DuckDB did not read what was counted, by the exact one."""
        from reentry.land.raw_rows import CountError
        from reentry.land.text import LAST_RESORT, OtherEncodingError

        how = Reading()
        while True:
            try:
                self._land_once(delivery, file, sha256, how)
                break
            except OtherEncodingError:
                how = replace(how, encoding=LAST_RESORT)
            except (CountError, duckdb.InvalidInputException, duckdb.ConversionException):
                if how.exactly or self._is_workbook:
                    raise
                how = replace(how, exactly=True)
        self._report.landed += 1

    def _prepare(self, delivery: Delivery, file: BinaryIO, how: Reading) -> Prepared:
        self._is_workbook = False
        prepared = self._reader.prepare(file, delivery.fit, folder=_folder(self._home), how=how)
        self._is_workbook = prepared.is_workbook
        return prepared

    def _land_once(self, delivery: Delivery, file: BinaryIO, sha256: str, how: Reading) -> None:
        from reentry.land.batch import land_batch
        from reentry.land.raw_rows import refuse_sealed

        prepared = self._prepare(delivery, file, how)
        if any(column.is_sealed for header in prepared.headers for column in header.columns):
            refuse_sealed(self._con, prepared)
            prepared = self._prepare(delivery, file, how)
        with _transaction(self._con):
            self._forget_refusals(delivery)
            landed = land_batch(self._con, delivery, prepared, batches=self._batches, sha256=sha256, today=self._today)
            _same_state(file, delivery)
            remember(self._con, delivery, sha256=sha256, outcome=LANDED, batch_id=landed.batch_id)
        self._batches.add(delivery.fit.agency, delivery.fit.name, landed)


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _same_state(file: BinaryIO, delivery: Delivery) -> None:
    """StillWritingError when an open file is not as it was found."""
    stat = os.fstat(file.fileno())
    if (stat.st_size, stat.st_mtime_ns) != (delivery.size, delivery.modified_ns):
        raise StillWritingError


def _let_settle(deliveries: list[Delivery]) -> None:
    """Waits a moment when a file was written just now: one that goes on growing shows by its next state."""
    newest = max((delivery.modified_ns for delivery in deliveries), default=0)
    age = time.time() - newest / 1e9
    if age < SETTLED_SECONDS:
        time.sleep(min(SETTLED_SECONDS, SETTLED_SECONDS - age))
