"""Opening a published version, or the same definitions rebuilt as of an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from reentry import faults
from reentry.definition import GATE, Definition, read_definitions
from reentry.errors import DamagedError, UsageError
from reentry.project import code_fingerprint
from reentry.store import Home, attach, define_session, memory_connection, open_warehouse
from reentry.vault import Vault
from reentry.version_files import is_whole

FIGURES_FILE = "figures.duckdb"
# what a reader meets in a version that has not all it looks for: no relation or column, no entry of a definition
LACKING = (duckdb.CatalogException, duckdb.BinderException, LookupError)


@dataclass(frozen=True)
class Version:
    """A version opened for reading; ``con`` has its marts attached as ``marts``."""

    con: duckdb.DuckDBPyConnection
    build_id: str
    published_at: datetime
    batches: int
    district_code: str
    known_at: date
    definitions: list[Definition]

    def query(self, name: str) -> Definition:
        """The definition of that name; KeyError when the version has none."""
        return {d.name: d for d in self.definitions}[name]


def current_folder(home: Home) -> Path:
    """The folder of the version in force; UsageError when nothing is published."""
    if not home.current.exists():
        raise UsageError(f"Nothing is published in {home.path}: run `reentry refresh INBOX` first.")
    return home.current.resolve()


@contextmanager
def open_version(home: Home, vault: Vault, known_at: date | None = None) -> Iterator[Version]:
    """The published version, or, for an earlier ``known_at``, a rebuild beside it with the version's definitions.

    UsageError when nothing is published, ``known_at`` is later than the version, or another release published it and
    it lacks what the block reads.
    """
    try:
        with _opened(home, vault, known_at) as version:
            yield version
    except LACKING as error:
        if _code_in_force(home, vault) == code_fingerprint():
            raise
        raise UsageError(
            f"What is published in {home.path} was made by another release and lacks what this command reads:"
            " run `reentry refresh INBOX` once."
        ) from error
    except duckdb.Error as error:
        if not faults.is_damage(error):
            raise
        folder = current_folder(home)  # else it was the warehouse, which some readers open beside it
        sentence = faults.damaged_warehouse(home.warehouse) if is_whole(home) else faults.damaged_version(folder)
        raise DamagedError(sentence) from error


@contextmanager
def _opened(home: Home, vault: Vault, known_at: date | None) -> Iterator[Version]:
    con = memory_connection(home)
    try:
        attach(con, current_folder(home) / FIGURES_FILE, "marts", vault, write=False)
        version = _read(con)
        if known_at is not None and known_at > version.known_at:
            raise UsageError(
                f"What is published is known at {version.known_at}, earlier than --known-at {known_at}: refresh first."
            )
        if known_at is None or known_at == version.known_at:
            define_session(con, vault, version.known_at)
            yield version
            return
    finally:
        con.close()
    with rebuild_beside(home, vault, known_at, version.definitions) as earlier:
        yield replace(version, con=earlier, known_at=known_at)


@contextmanager
def rebuild_beside(
    home: Home, vault: Vault, known_at: date, definitions: list[Definition]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with ``work`` and ``marts`` computed anew, in memory, as known at the end of a day."""
    with open_warehouse(home, vault, write=False) as con:
        con.execute("attach ':memory:' as work; attach ':memory:' as marts")
        define_session(con, vault, known_at)
        run_tables(con, definitions)
        yield con


def code_of(con: duckdb.DuckDBPyConnection) -> str | None:
    """The fingerprint of the code that made what is attached as ``marts``; None of early releases, which kept none."""
    found = con.execute("from marts.main.build_info")
    names = [column[0] for column in found.description]
    return next((dict(zip(names, row, strict=True)).get("code") for row in found.fetchall()), None)


def _code_in_force(home: Home, vault: Vault) -> str | None:
    con = memory_connection(home)
    try:
        attach(con, current_folder(home) / FIGURES_FILE, "marts", vault, write=False)
        return code_of(con)
    finally:
        con.close()


def _read(con: duckdb.DuckDBPyConnection) -> Version:
    info = con.execute(
        "select build_id, published_at, batches, district_code, known_at from marts.main.build_info"
    ).fetchone()
    if info is None:
        raise RuntimeError("the published version has no build_info")
    definitions = [d for d in read_definitions(con) if d.kind != GATE]
    return Version(con, info[0], info[1], info[2], info[3], info[4], definitions)


def run_tables(con: duckdb.DuckDBPyConnection, definitions: list[Definition]) -> None:
    """Creates the relation of every definition that is no figure, in order."""
    for definition in definitions:
        if definition.kind == "table":
            definition.create(con)
