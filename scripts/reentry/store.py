"""The home folder and its databases: where they lie, how they are opened, which tables the warehouse has."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from duckdb_extensions import import_extension

from reentry import faults, spill
from reentry.contract import feeds
from reentry.errors import BusyError, DamagedError, UsageError
from reentry.vault import Vault

WAREHOUSE_KEY = "warehouse"
PERSON_KEY = "person"
LOCK_WAIT_SECONDS = 60
WAREHOUSE_FILE = "warehouse.duckdb"
PUBLISHED_FOLDER = "published"
BASIS_FOLDER = "basis"


@dataclass(frozen=True)
class Home:
    """The folder in which one bureau's data lies."""

    path: Path

    @property
    def warehouse(self) -> Path:
        """Everything landed and checked, encrypted."""
        return self.path / WAREHOUSE_FILE

    @property
    def published(self) -> Path:
        """Versions that readers use; ``current`` is a symlink to the newest."""
        return self.path / PUBLISHED_FOLDER

    @property
    def current(self) -> Path:
        """The published version in force."""
        return self.published / "current"

    @property
    def building(self) -> Path:
        """Scratch of a running refresh; emptied when the next one starts."""
        return self.path / "building"

    @property
    def scratch_work(self) -> Path:
        """Who is who, with names, while a build runs; deleted when it is published."""
        return self.building / "work.duckdb"

    @property
    def scratch_marts(self) -> Path:
        """The marts of a build, until they are published."""
        return self.building / "figures.duckdb"

    @property
    def scratch_basis(self) -> Path:
        """What a build was made from beside rows, until it is published."""
        return self.building / "basis.duckdb"

    def basis(self, build_id: str) -> Path:
        """The same of a published version; encrypted, and never in the folder that readers use."""
        return self.path / BASIS_FOLDER / f"{build_id}.duckdb"

    @property
    def last_refresh(self) -> Path:
        """What the pages say of the last refresh (``reentry.last_refresh``); readers of pages may read it."""
        return self.published / "last_refresh.json"

    @property
    def broken_gate(self) -> Path:
        """Says which gates the last build broke; not there when it broke none."""
        return self.path / "broken_gate.txt"

    @property
    def replies(self) -> Path:
        """Frozen reply packs, by letter and pull."""
        return self.path / "replies"

    @property
    def refused(self) -> Path:
        """Names, hashes and reasons of refused files."""
        return self.path / "refused"

    @property
    def checks(self) -> Path:
        """Great Expectations Data Docs."""
        return self.path / "checks"

    @property
    def superset(self) -> Path:
        """Superset's own database and caches."""
        return self.path / "superset"


def literal(text: str | Path) -> str:
    """A text or path as SQL, where a statement takes no parameter: in quotes, those within doubled."""
    return "'" + str(text).replace("'", "''") + "'"


def connect(file: Path | None = None, *, home: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection, in memory unless to ``file``: the one place that makes any; dbt's has the same settings."""
    return duckdb.connect(
        str(file) if file else ":memory:", read_only=read_only, config=dict(connection_settings(home))
    )


def empty_connection() -> duckdb.DuckDBPyConnection:
    """A connection that holds no data and so never spills: to ask DuckDB about an expression."""
    return duckdb.connect(config={"autoinstall_known_extensions": False, "temp_directory": ""})


def connection_settings(home: Path) -> dict[str, str | bool]:
    """Bounds the memory; what does not fit goes, encrypted, to a folder of its own in ``home``."""
    folder = spill.connection_folder(home)
    return {
        "autoinstall_known_extensions": False,
        "memory_limit": "2000MB",
        "preserve_insertion_order": True,
        "temp_file_encryption": True,  # before the folder
        "temp_directory": str(folder) if folder else "",
    }


def memory_connection(home: Home) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that opens encrypted databases."""
    con = connect(home=home.path)
    load_encryption(con)
    return con


def load_encryption(con: duckdb.DuckDBPyConnection) -> None:
    """Loads what encrypted databases are written with."""
    import_extension("httpfs")
    con.execute("load httpfs")


def attach(
    con: duckdb.DuckDBPyConnection, path: Path, alias: str, vault: Vault, *, write: bool, small: bool = False
) -> None:
    """Attaches an encrypted database. UsageError when its key is another, DamagedError when it is damaged.

    ``small``: a new database gets blocks that suit many small tables.
    """
    try:
        _attach(con, path, alias, vault, write=write, small=small)
    except duckdb.Error as error:
        if faults.is_wrong_key(error):
            said = f"{path} was made with another key: put the right secret.key in place, then run the command again."
            raise UsageError(said) from error
        if faults.is_damage(error):
            raise DamagedError(_damaged(path)) from error
        if path.exists() or write:
            raise
        if path.name == WAREHOUSE_FILE:
            raise UsageError(f"There is no {path}: run `reentry refresh INBOX`, or put its backup back.") from error
        raise DamagedError(_damaged(path)) from error


def _attach(con: duckdb.DuckDBPyConnection, path: Path, alias: str, vault: Vault, *, write: bool, small: bool) -> None:
    if path.is_dir():
        raise DamagedError(_damaged(path))
    mode = ("" if write else ", read_only") + (", block_size 16384" if small else "")
    con.execute(f"attach {literal(path)} as {alias} (encryption_key '{vault.key(WAREHOUSE_KEY)}'{mode})")


def _damaged(path: Path) -> str:
    """What to do, by what the file is."""
    if path.name == WAREHOUSE_FILE:
        return faults.damaged_warehouse(path)
    if path.parent.parent.name == PUBLISHED_FOLDER:
        return faults.damaged_version(path.parent)
    if path.parent.name == BASIS_FOLDER:
        return faults.damaged_version(path)
    return faults.damaged_other(path)


@contextmanager
def open_warehouse(home: Home, vault: Vault, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the warehouse attached as ``warehouse``, its tables present.

    A reader waits while a refresh is writing, up to LOCK_WAIT_SECONDS, then UsageError.
    """
    con = memory_connection(home)
    try:
        with faults.damage_of(faults.damaged_warehouse(home.warehouse)):
            attach_when_free(con, home.warehouse, "warehouse", vault, write=write)
            if write:
                create_tables(con)
            yield con
    finally:
        con.close()


def attach_when_free(con: duckdb.DuckDBPyConnection, path: Path, alias: str, vault: Vault, *, write: bool) -> None:
    """As ``attach``; waits while another process holds the file, up to LOCK_WAIT_SECONDS, then BusyError."""
    give_up = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            return attach(con, path, alias, vault, write=write)
        except duckdb.IOException as error:
            if not faults.is_locked(error):
                raise
            if time.monotonic() > give_up:
                raise BusyError("The warehouse is being written by a refresh: try again when it is done.") from error
            time.sleep(0.2)


def define_session(con: duckdb.DuckDBPyConnection, vault: Vault, known_at: date) -> None:
    """Defines what models call and no database stores: the clock and the persons' keyed surrogate.

    ``memory.main.known_at()`` is a DATE; ``memory.main.person_token(text)`` is HMAC-SHA256 (RFC 2104), 64 hex digits;
    ``memory.main.person_key(text)`` is the first half of it as a UHUGEINT, which joins twice as fast as text.
    """
    key = bytes.fromhex(vault.key(PERSON_KEY)).ljust(64, b"\0")
    inner, outer = (bytes(b ^ pad for b in key).hex() for pad in (0x36, 0x5C))
    con.execute(f"create or replace macro memory.main.known_at() as date '{known_at}'")
    con.execute(
        "create or replace macro memory.main.person_token(text) as "
        f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(text))))"
    )
    halves = " + ".join(
        f"(('0x' || substr(memory.main.person_token(text), {first}, 16))::ubigint::uhugeint << {bits})"
        for first, bits in ((1, 64), (17, 0))
    )
    con.execute(f"create or replace macro memory.main.person_key(text) as {halves}")
    probe = con.execute("select memory.main.person_token('probe')").fetchone()
    expected = hmac.new(bytes.fromhex(vault.key(PERSON_KEY)), b"probe", "sha256").hexdigest()
    if probe != (expected,):
        raise RuntimeError("memory.main.person_token does not compute HMAC-SHA256")


_LANDING = """
create schema if not exists warehouse.landing;
create schema if not exists warehouse.raw;
create schema if not exists warehouse.checked;
create schema if not exists warehouse.reference;
create schema if not exists warehouse.ledger;
create table if not exists warehouse.landing.batches (
    batch_id integer primary key, agency varchar not null, feed varchar not null, file_name varchar not null,
    path varchar not null, sha256 varchar not null, delivered_on date not null, delivery_no integer not null,
    landed_on date not null, encoding varchar, separator varchar, sheet varchar, title_rows varchar[],
    header varchar[] not null, header_row integer not null, hidden_sheets varchar[], columns json,
    sheets varchar[], unread_sheets varchar[], repeated_sheets varchar[], is_copy boolean default false,
    rows_read bigint not null, rows_skipped bigint not null, rows_quarantined bigint, rows_accepted bigint,
    is_checked boolean not null default false
);
create table if not exists warehouse.landing.seen_files (
    path varchar primary key, size_bytes bigint, modified_ns bigint, sha256 varchar,
    outcome varchar not null, batch_id integer, reading integer
);
create table if not exists warehouse.landing.repeats (
    batch_id integer not null, agency varchar not null, feed varchar not null, path varchar not null,
    delivered_on date not null
);
create table if not exists warehouse.landing.refusals (
    path varchar not null, file_name varchar not null, agency varchar, feed varchar, delivered_on date,
    sha256 varchar, rule varchar not null, message varchar not null, refused_on date not null
);
create table if not exists warehouse.landing.taken_away (path varchar not null, taken_on date not null);
create table if not exists warehouse.landing.links (
    line_no integer not null, agency varchar, feed varchar, key varchar, id_no varchar,
    decided_on date not null, decided_by varchar
);
create table if not exists warehouse.landing.findings (
    rule varchar not null, severity varchar not null, agency varchar, feed varchar, file_name varchar,
    delivered_on date, row_no integer, key varchar, column_name varchar, message varchar not null,
    action varchar not null, batch_id integer,
    found_on date -- of a row set aside after its delivery was checked (Q8): from which day on it is known
);
create table if not exists warehouse.landing.gone_keys (
    agency varchar not null, feed varchar not null, batch_id integer not null, key varchar not null
);
create table if not exists warehouse.ledger.days (known_at date primary key);
create table if not exists warehouse.ledger.changes (
    known_at date not null, feed varchar, rule_id varchar not null, row_key varchar, column_name varchar,
    message_zh varchar not null, is_open boolean not null, changed_on date not null, is_mended boolean not null,
    file_name varchar, delivered_on date, row_no integer
);
"""


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Creates the warehouse's tables where missing: landing, and raw and checked for every feed."""
    con.execute(_LANDING)
    for feed in feeds():
        raw = ", ".join(f"{c} varchar" for c in (*feed.column_names, "withdrawn"))
        typed = ", ".join(f"{c.name} {c.sql_type}" for c in feed.columns)
        con.execute(
            f"create table if not exists warehouse.raw.{feed.table} ("
            "batch_id integer not null, row_no integer not null, row_kind varchar not null,"
            f" {raw}, other varchar[], spoiled varchar, notes varchar[])"
        )
        con.execute(
            f"create table if not exists warehouse.checked.{feed.table} ("
            "batch_id integer not null, row_no integer not null, is_quarantined boolean not null,"
            f" {typed}, withdrawn boolean, set_aside_on date)"
        )
    _add_columns(con)


def _add_columns(con: duckdb.DuckDBPyConnection) -> None:
    """Adds columns that the contract or a release has gained; they are null in the rows that landed before."""
    there = set(
        con.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where database_name = 'warehouse' and schema_name in ('raw', 'checked', 'landing')"
        ).fetchall()
    )
    wanted = [("landing", "batches", name, "varchar[]") for name in ("sheets", "unread_sheets", "repeated_sheets")]
    wanted += [("landing", "batches", "is_copy", "boolean default false"), ("landing", "findings", "found_on", "date")]
    wanted += [("landing", "seen_files", "reading", "integer")]
    for feed in feeds():
        wanted += [("raw", feed.table, "notes", "varchar[]"), ("checked", feed.table, "set_aside_on", "date")]
        for column in feed.columns:
            wanted += [
                ("raw", feed.table, column.name, "varchar"),
                ("checked", feed.table, column.name, column.sql_type),
            ]
    for schema, table, name, sql_type in wanted:
        if (schema, table, name) not in there:
            con.execute(f"alter table warehouse.{schema}.{table} add column {name} {sql_type}")


def fsync_folder(path: Path) -> None:
    """Makes a rename in a folder lasting."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
