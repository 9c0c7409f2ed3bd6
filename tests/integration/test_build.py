"""A build without dbt is the build with dbt: the SQL it compiled, run again."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import Made, MakeHome
from reentry.build import build as builder
from reentry.build.build import build, clear_scratch, replay
from reentry.definition import read_definitions
from reentry.errors import GateError
from reentry.figures.published import FIGURES_FILE, open_version
from reentry.store import Home, attach, memory_connection

Contents = dict[str, tuple[int, int, str]]


@pytest.fixture
def own_home(made_home: MakeHome, tmp_path: Path) -> Made:
    """A copy of the demo's home that a test may build in."""
    made = made_home(1)
    shutil.copytree(made.home.path, tmp_path / "home", symlinks=True)
    return Made(Home(tmp_path / "home"), made.vault, made.inbox, made.today)


def contents(con: duckdb.DuckDBPyConnection, database: str) -> Contents:
    """Rows, a hash of them, and the columns' types, by table; what says when a build was is left out."""
    columns = con.execute(
        "select table_name, string_agg(column_name || ' ' || data_type order by column_index) from duckdb_columns()"
        " where database_name = ? and table_name not in ('definitions', 'build_info') group by all",
        [database],
    ).fetchall()
    found = {}
    for table, types in columns:
        row = con.execute(f"select count(*), bit_xor(hash(t)) from {database}.main.{table} as t").fetchone()
        assert row is not None
        found[table] = (row[0], row[1], types)
    return found


def scratch(made: Made) -> Contents:
    """What the scratch databases of a build hold; the views of ``work`` too, which G5 reads."""
    con = memory_connection(made.home)
    try:
        attach(con, made.home.warehouse, "warehouse", made.vault, write=False)
        attach(con, made.home.scratch_work, "work", made.vault, write=False)
        attach(con, made.home.scratch_marts, "marts", made.vault, write=False)
        work = con.execute("select view_name from duckdb_views() where database_name = 'work' and not internal")
        views = {"int_findings_across", "int_known_persons", "int_person_links", "int_rows_to_link", "stg_findings"}
        assert {name for (name,) in work.fetchall()} == views
        return contents(con, "marts")
    finally:
        con.close()


def test_the_sql_of_a_version_makes_the_same_marts_as_dbt(own_home: Made) -> None:
    """Every table of the marts, its rows and its columns' types; the home's first version is made by dbt."""
    home, vault = own_home.home, own_home.vault
    with open_version(home, vault) as version:
        by_dbt = contents(version.con, "marts")
    clear_scratch(home)
    con = memory_connection(home)
    attach(con, home.current.resolve() / FIGURES_FILE, "marts", vault, write=False)
    definitions = read_definitions(con)
    con.close()
    assert replay(home, vault, own_home.today, definitions) == []
    assert scratch(own_home) == by_dbt
    assert by_dbt["figures"][0] > 1000


def test_dbt_runs_when_the_project_has_changed_and_only_then(own_home: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published SQL is used for the code that made it, and for no other."""
    home, vault = own_home.home, own_home.vault
    ran = []

    class DbtCalledError(Exception):
        pass

    def called(*_: object) -> None:
        ran.append("dbt")
        raise DbtCalledError

    monkeypatch.setattr(builder, "build_by_dbt", called)
    build(home, vault, known_at=own_home.today, fingerprint="x")
    assert ran == []
    monkeypatch.setattr(builder, "code_fingerprint", lambda: "a model was changed")
    with pytest.raises(DbtCalledError):
        build(home, vault, known_at=own_home.today, fingerprint="x")


def test_gates_hold_without_dbt_too(own_home: Made) -> None:
    """A batch whose rows do not add up stops the build (G1), with the batch named, and readers keep the version."""
    home, vault = own_home.home, own_home.vault
    before = home.current.resolve()
    con = memory_connection(home)
    attach(con, home.warehouse, "warehouse", vault, write=True)
    con.execute("update warehouse.landing.batches set rows_read = rows_read + 1 where batch_id = 1")
    con.close()
    with pytest.raises(GateError, match=r"gate_g1_rows_of_batches: 1 rows, such as .*batch_id 1,"):
        build(home, vault, known_at=own_home.today, fingerprint="x")
    assert home.current.resolve() == before
    assert (before / FIGURES_FILE).exists()
