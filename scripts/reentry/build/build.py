"""Builds all models and judges the gates, for the version that will be published.

Dbt compiles and runs a project that is new or has changed: staging and intermediate models into the scratch database
``work``, facts and figures into ``marts``. The SQL it compiled is kept with the version. As long as the project stays
as it is, a build runs that SQL again on one connection, without dbt: the same build in a third of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from reentry import faults
from reentry.basis import write_basis
from reentry.build.dbt import build_by_dbt
from reentry.build.judge import Broken, judge, sentence
from reentry.definition import GATE, Definition, read_definitions, write_definitions
from reentry.errors import DamagedError, GateError
from reentry.figures.published import FIGURES_FILE, code_of
from reentry.project import code_fingerprint
from reentry.store import Home, attach, define_session, memory_connection
from reentry.vault import Vault


def build(
    home: Home, vault: Vault, *, known_at: date, fingerprint: str, definitions: list[Definition] | None = None
) -> None:
    """Builds all models as known at the end of ``known_at`` into the scratch folder, with the SQL that made them.

    ``definitions``: those that this very code made for a build just before. Raises GateError when a gate or a model's
    test fails, naming each.
    """
    clear_scratch(home)
    code = code_fingerprint()
    definitions = definitions or _kept(home, vault, code)
    if definitions is None:
        definitions, broken = build_by_dbt(home, vault, known_at)
    else:
        broken = replay(home, vault, known_at, definitions)
    with _scratch(home, vault, known_at) as con:
        if broken:
            raise GateError(sentence(con, broken))
        write_definitions(con, definitions)
        _write_info(con, known_at=known_at, fingerprint=fingerprint, code=code)
        write_basis(con, home.scratch_basis, vault)


def replay(home: Home, vault: Vault, known_at: date, definitions: list[Definition]) -> list[Broken]:
    """Makes all relations anew in the scratch databases by the SQL of a version; gives the tests that fail."""
    with _scratch(home, vault, known_at) as con:
        for model in definitions:
            if model.kind != GATE:
                model.create(con)
        return judge(con, [d for d in definitions if d.kind == GATE])


def clear_scratch(home: Home) -> None:
    """Removes the scratch databases of the build before."""
    for database in (home.scratch_marts, home.scratch_work, home.scratch_basis):
        for stale in home.building.glob(f"{database.name}*"):
            stale.unlink()


def _kept(home: Home, vault: Vault, code: str) -> list[Definition] | None:
    """The definitions of the version in force, when this very code made them, and it is not damaged."""
    if not home.current.exists():
        return None
    con = memory_connection(home)
    try:
        attach(con, home.current.resolve() / FIGURES_FILE, "marts", vault, write=False)
        return read_definitions(con) if code_of(con) == code else None
    except (DamagedError, duckdb.Error) as error:
        if isinstance(error, duckdb.Error) and not faults.is_damage(error):
            raise
        return None
    finally:
        con.close()


def definitions_in_scratch(home: Home, vault: Vault) -> list[Definition]:
    """The definitions that the finished build in scratch was made by."""
    con = memory_connection(home)
    try:
        attach(con, home.scratch_marts, "marts", vault, write=False)
        return read_definitions(con)
    finally:
        con.close()


@contextmanager
def _scratch(home: Home, vault: Vault, known_at: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the databases of a build, as dbt has one."""
    con = memory_connection(home)
    try:
        attach(con, home.warehouse, "warehouse", vault, write=False)
        attach(con, home.scratch_work, "work", vault, write=True)
        attach(con, home.scratch_marts, "marts", vault, write=True)
        define_session(con, vault, known_at)
        with faults.damage_of(faults.damaged_warehouse(home.warehouse)):
            yield con
    finally:
        con.close()


def _write_info(con: duckdb.DuckDBPyConnection, *, known_at: date, fingerprint: str, code: str) -> None:
    """Says what the marts were made from; its presence marks a finished build."""
    con.execute(
        """
        create table marts.main.build_info as
        select
            ''::varchar as build_id,
            null::timestamp as published_at,
            (select count(*) from warehouse.landing.batches where delivered_on <= $1::date)::integer as batches,
            (select district_code from warehouse.reference.settings) as district_code,
            $1::date as known_at,
            $2::varchar as fingerprint,
            $3::varchar as code
        """,
        [known_at, fingerprint, code],
    )
