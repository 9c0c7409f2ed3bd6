"""What a version was made from, beside its rows: kept with it, so that a pull can be rebuilt as of its day.

``basis/<build>.duckdb`` goes with the published version, and is, under a second name, in every pull made from it. It
is encrypted, and holds the definitions, the reference tables (settings of the district included) and the state of
landing: batches, decisions on who is who, refusals. The rows themselves are in the warehouse, where nothing is ever
updated; those of batches that the basis does not know are left out of a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from reentry.definition import GATE, Definition, read_definitions
from reentry.figures.published import Version, run_tables
from reentry.store import Home, attach, attach_when_free, define_session, memory_connection
from reentry.vault import Vault

STATE_NOT_KEPT = ("seen_files", "findings", "gone_keys")  # findings of rows are in the warehouse, by batch


@dataclass(frozen=True)
class Basis:
    """What a basis says: the version, and its batches with the hash of each file."""

    build_id: str
    published_at: Any
    district_code: str
    known_at: date
    definitions: list[Definition]
    batches: list[dict[str, Any]]
    settings: dict[str, tuple[Any, ...]]  # reference tables, and decisions on who is who: their count and hash


def write_basis(con: duckdb.DuckDBPyConnection, path: Path, vault: Vault) -> None:
    """Writes the basis of the build that ``con`` has as ``marts``, with ``warehouse`` attached beside it."""
    attach(con, path, "basis", vault, write=True, small=True)
    con.execute("begin")
    con.execute("create schema basis.landing; create schema basis.reference")
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse'"
        " and schema_name in ('landing', 'reference') order by 1, 2"
    ).fetchall()
    for schema, table in tables:
        if table not in STATE_NOT_KEPT:
            con.execute(f"create table basis.{schema}.{table} as from warehouse.{schema}.{table}")
    con.execute("create table basis.landing.file_findings as from warehouse.landing.findings where batch_id is null")
    con.execute(
        "create table basis.landing.set_aside as select distinct batch_id, row_no from warehouse.landing.findings"
        " where found_on is not null"
    )
    con.execute("create table basis.main.definitions as from marts.main.definitions")
    con.execute("create table basis.main.build_info as from marts.main.build_info")
    con.execute("commit")
    con.execute("detach basis")


def read_basis(home: Home, path: Path, vault: Vault) -> Basis:
    """What a basis holds; UsageError when the key is another."""
    con = memory_connection(home)
    try:
        attach(con, path, "marts", vault, write=False)
        info = con.execute(
            "select build_id, published_at, district_code, known_at from marts.main.build_info"
        ).fetchone()
        if info is None:
            raise RuntimeError("the basis has no build_info")
        rows = con.execute(
            "select batch_id, agency || '.' || feed as feed, file_name, delivered_on, sha256, rows_read, rows_accepted"
            " from marts.landing.batches where delivered_on <= (select known_at from marts.main.build_info)"
            " order by batch_id"
        ).fetchall()
        names = ("batch_id", "feed", "file_name", "delivered_on", "sha256", "rows_read", "rows_accepted")
        batches = [dict(zip(names, row, strict=True)) for row in rows]
        definitions = [d for d in read_definitions(con) if d.kind != GATE]
        return Basis(info[0], info[1], info[2], info[3], definitions, batches, _settings(con))
    finally:
        con.close()


def _settings(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    tables = con.execute(
        "select 'reference.' || table_name from duckdb_tables() where database_name = 'marts'"
        " and schema_name = 'reference' order by 1"
    ).fetchall()
    names = [name for (name,) in tables] + ["landing.links"]
    states = " union all ".join(
        f"select '{name}' as name, count(*) as rows, bit_xor(hash(t)) as state from marts.{name} as t" for name in names
    )
    return {name: tuple(state) for name, *state in con.execute(states).fetchall()}


@contextmanager
def rebuilt(
    home: Home,
    vault: Vault,
    basis_file: Path,
    basis: Basis,
    *,
    definitions: list[Definition] | None = None,
    since: Path | None = None,
    prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
) -> Iterator[Version]:
    """A version computed anew from the rows that the basis knew.

    ``definitions``: others than its own. ``prepare`` may replace the views of ``warehouse`` before they are read;
    ``since`` is an earlier basis that it finds attached under that name.
    """
    definitions = definitions or basis.definitions
    con = memory_connection(home)
    try:
        attach_when_free(con, home.warehouse, "landed", vault, write=False)
        attach(con, basis_file, "basis", vault, write=False)
        con.execute("attach ':memory:' as warehouse; attach ':memory:' as work; attach ':memory:' as marts")
        _view_as_of(con)
        define_session(con, vault, basis.known_at)
        if since is not None:
            attach(con, since, "since", vault, write=False)
        if prepare is not None:
            prepare(con)
        run_tables(con, definitions)
        yield Version(
            con,
            basis.build_id,
            basis.published_at,
            len(basis.batches),
            basis.district_code,
            basis.known_at,
            definitions,
        )
    finally:
        con.close()


def _view_as_of(con: duckdb.DuckDBPyConnection) -> None:
    """Makes ``warehouse`` a view of ``landed`` as the attached ``basis`` knew it."""
    con.execute("create schema warehouse.landing; create schema warehouse.reference; create schema warehouse.checked")
    kept = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'basis' and schema_name != 'main'"
    ).fetchall()
    for schema, table in kept:
        con.execute(f"create view warehouse.{schema}.{table} as from basis.{schema}.{table}")
    is_known, checked = _set_aside_as_of(con)
    con.execute(
        f"create view warehouse.landing.findings as from landed.landing.findings where {is_known}"
        " and batch_id in (select batch_id from basis.landing.batches)"
        " union all by name from basis.landing.file_findings"
    )
    con.execute(
        "create view warehouse.landing.gone_keys as from landed.landing.gone_keys"
        " where batch_id in (select batch_id from basis.landing.batches)"
    )
    for (table,) in con.execute(  # that came after the basis was written: empty then
        "select table_name from duckdb_tables() where database_name = 'landed' and schema_name = 'landing'"
        f" and table_name not in {(*STATE_NOT_KEPT, *(table for _, table in kept))}"
    ).fetchall():
        con.execute(f"create view warehouse.landing.{table} as from landed.landing.{table} where false")
    con.execute("create schema warehouse.ledger")
    for table in ("days", "changes"):  # only added to, by day: what a version saw of it is what is older than its day
        con.execute(f"create view warehouse.ledger.{table} as from landed.ledger.{table}")
    for (table,) in con.execute(  # not those of the contract, which may have lost a feed since
        "select table_name from duckdb_tables() where database_name = 'landed' and schema_name = 'checked'"
    ).fetchall():
        con.execute(
            f"create view warehouse.checked.{table} as {checked} from landed.checked.{table}"
            " where batch_id in (select batch_id from basis.landing.batches)"
        )


def _set_aside_as_of(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """SQL: whether the basis knew a finding, and the select of checked rows as it knew them (Q8 comes later).

    A warehouse that no refresh of this release has touched has no such columns, and most warehouses no such rows.
    """
    has_column = con.execute(
        "select 1 from duckdb_columns() where database_name = 'landed' and column_name = 'found_on'"
    ).fetchone()
    if not has_column or not con.execute("select 1 from landed.landing.findings where found_on is not null").fetchone():
        return "true", "select *"
    con.execute("create table if not exists memory.main.known_set_aside (batch_id integer, row_no integer)")
    if con.execute(
        "select 1 from duckdb_tables() where database_name = 'basis' and table_name = 'set_aside'"
    ).fetchone():
        con.execute("insert into memory.main.known_set_aside from basis.landing.set_aside")
    known = "(batch_id, row_no) in (select (batch_id, row_no) from memory.main.known_set_aside)"
    return (
        f"(found_on is null or {known})",
        f"select * replace (case when set_aside_on is not null and {known} then set_aside_on end as set_aside_on)",
    )
