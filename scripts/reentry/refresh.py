"""One refresh: reference tables, land, check, build, gates, publish; only what is new is done."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from reentry import faults
from reentry.build.build import build, definitions_in_scratch
from reentry.errors import DamagedError, GateError, UsageError
from reentry.figures.published import FIGURES_FILE
from reentry.land import LandReport, land
from reentry.land.discover import LINKS
from reentry.land.limits import Limits
from reentry.last_refresh import refresh_on_record
from reentry.leftovers import sweep
from reentry.personal_data import PersonalDataError, Place
from reentry.private import tighten
from reentry.project import code_fingerprint, files_hash
from reentry.publish import publish
from reentry.reference import load_reference
from reentry.set_aside import set_aside
from reentry.settings import Settings
from reentry.store import Home, attach, memory_connection, open_warehouse
from reentry.vault import Vault
from reentry.version_files import is_whole

Progress = Callable[[str], None]
MOST_REBUILDS = 3  # after rows were set aside: the versions that come in force in their place are judged anew
VERSION_FILES = "basis"  # raised when a published version gains a file: then the next refresh builds anew


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did; ``build_id`` is None when nothing had changed.

    ``set_aside``: what held personal data where it does not belong, and is quarantined since (Q8).
    """

    landed: LandReport
    build_id: str | None
    set_aside: list[Place] = field(default_factory=list)


def refresh(
    home: Home,
    vault: Vault,
    settings: Settings,
    inbox: Path,
    today: date,
    progress: Progress,
    *,
    allow_older: bool = False,
    demo_day: date | None = None,
) -> Refreshed:
    """Lands, checks, builds and publishes what is new in the inbox, as of ``today``.

    A published version that is damaged is built anew. UsageError when another refresh runs, or when ``today`` is older
    than what is published and ``allow_older`` is not said; GateError when a gate fails, and then readers keep the last
    version. ``demo_day``: see ``refresh_on_record``.
    """
    with refresh_lock(home), refresh_on_record(home, demo_day=demo_day):
        published = _published(home, vault)
        if not allow_older:
            _refuse_older(home, vault, today, published)
        landed = land_and_check(home, vault, settings, inbox, today, progress)
        now = fingerprint(home, vault, today)
        if published is not None and now == published.fingerprint and is_whole(home):
            home.broken_gate.unlink(missing_ok=True)
            return Refreshed(landed, None)
        with gates_on_record(home):
            progress("build")
            build(home, vault, known_at=today, fingerprint=now)
            build_id, places = publish_clean(home, vault, known_at=today, progress=progress)
            return Refreshed(landed, build_id, places)


def publish_clean(home: Home, vault: Vault, *, known_at: date, progress: Progress) -> tuple[str, list[Place]]:
    """Publishes the build in scratch; where gate G5 finds personal data, sets its rows aside and builds again.

    Gives the version's id and what was set aside; PersonalDataError when the last rebuild still has some, or when it
    stands in no file.
    """
    places: list[Place] = []
    for rebuilds in range(MOST_REBUILDS + 1):
        progress("publish")
        try:
            return publish(home, vault), places
        except PersonalDataError as error:
            if rebuilds == MOST_REBUILDS or not error.places:
                raise
            progress(f"set aside {len(error.places)} rows (Q8) and build again")
            set_aside(home, vault, error.places, known_at)
            places += error.places
            definitions = definitions_in_scratch(home, vault)
            now = fingerprint(home, vault, known_at)
            build(home, vault, known_at=known_at, fingerprint=now, definitions=definitions)
    raise RuntimeError("the loop above returns or raises")


@contextmanager
def gates_on_record(home: Home) -> Iterator[None]:
    """Keeps what a broken gate says until a build holds them all: no reply is made in between."""
    try:
        yield
    except GateError as error:
        home.broken_gate.write_text(f"{error}\n", encoding="utf-8")
        raise


def land_and_check(
    home: Home, vault: Vault, settings: Settings, inbox: Path, today: date, progress: Progress
) -> LandReport:
    """The first two steps of a refresh, under its lock; UsageError for a decision on a row that no delivery has."""
    from reentry.check import check
    from reentry.land.links import refuse_unknown_keys

    prepare(home, vault, settings)
    report = land(home, vault, inbox, today, progress, Limits(memory_mb=settings.read_memory_mb))
    progress("check")
    checked = check(home, vault, settings, progress)
    report.landed -= len(checked.refused)
    report.refused += [unchecked.report for unchecked in checked.refused]
    if (inbox / LINKS).is_file():
        with open_warehouse(home, vault, write=False) as con:
            refuse_unknown_keys(con, inbox)
    return report


def prepare(home: Home, vault: Vault, settings: Settings) -> None:
    """Makes the home folder and the reference tables ready."""
    with open_warehouse(home, vault, write=True) as con:
        load_reference(con, settings)


def fingerprint(home: Home, vault: Vault, known_at: date) -> str:
    """A hash of all that a build depends on: the project's files, the reference tables, what has landed, the day."""
    files = files_hash("seeds", "expectations", "dashboards/tables")
    digest = hashlib.sha256(f"{known_at} {code_fingerprint()} {files} {VERSION_FILES}".encode())
    with open_warehouse(home, vault, write=False) as con:
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'warehouse'"
            " and (schema_name = 'reference' or schema_name = 'landing' and table_name != 'seen_files') order by 1"
        ).fetchall()
        for (table,) in tables:
            state = con.execute(f"select count(*), bit_xor(hash(t)) from warehouse.{table} as t").fetchone()
            digest.update(f"{table}{state}".encode())
    return digest.hexdigest()


def refuse_older(home: Home, vault: Vault, today: date) -> None:
    """UsageError when a day is older than what is published: the clock of the machine may have gone back."""
    _refuse_older(home, vault, today, _published(home, vault))


@dataclass(frozen=True)
class _Published:
    """What the version in force says of itself."""

    fingerprint: str
    known_at: date


def _refuse_older(home: Home, vault: Vault, today: date, published: _Published | None) -> None:
    day = published.known_at if published else None
    if day is None and home.current.is_symlink() and home.warehouse.exists():  # damaged: the ledger has its day
        with open_warehouse(home, vault, write=False) as con:
            ((day,),) = con.execute("select max(known_at) from warehouse.ledger.days").fetchall()
    if day is not None and today < day:
        raise UsageError(
            f"The day of this run, {today}, is older than what is published, {day}: set the machine's clock"
            " right, or give --allow-older if an older version is wanted."
        )


def _published(home: Home, vault: Vault) -> _Published | None:
    """None when no version is in force, or it is damaged."""
    if not home.current.exists():
        return None
    con = memory_connection(home)
    try:
        attach(con, home.current.resolve() / FIGURES_FILE, "marts", vault, write=False)
        row = con.execute("select fingerprint, known_at from marts.main.build_info").fetchone()
    except DamagedError:
        return None
    except duckdb.Error as error:
        if not faults.is_damage(error):
            raise
        return None
    finally:
        con.close()
    return _Published(*row) if row else None


@contextmanager
def refresh_lock(home: Home) -> Iterator[None]:
    """Holds the home's one refresh lock; UsageError says who holds it."""
    for folder in (home.path, home.building, home.published):
        folder.mkdir(parents=True, exist_ok=True)
    tighten(home.path)
    with (home.path / "refresh.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise UsageError(f"A refresh is already running ({holder}): wait until it is done.") from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        sweep(home.path)
        yield
