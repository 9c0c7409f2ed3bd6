"""Publishing: a finished build becomes the version that readers see, at once and whole."""

from __future__ import annotations

import secrets
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from reentry.audit_head import keep_head
from reentry.definition import read_definitions
from reentry.errors import UsageError
from reentry.figures.calendar import write_figures
from reentry.figures.published import FIGURES_FILE
from reentry.ledger import write_ledger
from reentry.personal_data import PersonalDataError, refuse_personal_data
from reentry.project import DASHBOARDS
from reentry.store import Home, attach, define_session, fsync_folder, literal, memory_connection
from reentry.vault import Vault
from reentry.version_files import list_files

DASHBOARDS_FILE = "dashboards.duckdb"
PERSONS_FILE = "persons.duckdb"
PERSON_LEVEL = "person_level"  # tag of a model whose rows are of one person each
TABLES = DASHBOARDS / "tables"  # selects over the tables of the dashboards' files, run in the order of their names
VERSIONS_KEPT = 5
_NO_BUILD = "There is no finished build to publish: run `reentry build` first."


def publish(home: Home, vault: Vault) -> str:
    """Publishes the build in scratch and returns its id.

    UsageError when there is no finished build; PersonalDataError when personal data would be published (G5): the build
    stays in scratch.
    """
    marts, work = home.scratch_marts, home.scratch_work
    if not all(made.exists() for made in (marts, work, home.scratch_basis)):
        raise UsageError(_NO_BUILD)
    con = memory_connection(home)
    try:
        attach(con, marts, "marts", vault, write=True)
        attach(con, work, "work", vault, write=False)
        attach(con, home.scratch_basis, "basis", vault, write=True)
        if not _is_finished(con):
            raise UsageError("The last build did not finish: run `reentry build` again.")
        build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        for file in ("marts", "basis"):
            con.execute(
                f"update {file}.main.build_info set build_id = ?, published_at = ?",
                [build_id, datetime.now(UTC).replace(microsecond=0, tzinfo=None)],
            )
        draft = home.published / f".{build_id}"
        draft.mkdir(parents=True)
        _write_dashboards(con, vault, draft)
        known_at = con.execute("select known_at from marts.main.build_info").fetchall()[0][0]
        refuse_personal_data(con, known_at)
        con.execute("checkpoint marts; checkpoint basis")
    except PersonalDataError:
        con.close()
        shutil.rmtree(draft)  # its files are not encrypted
        raise
    finally:
        con.close()
    write_ledger(home, vault, known_at)  # before the switch: killed in between, the same day is judged again
    marts.replace(draft / FIGURES_FILE)
    home.basis(build_id).parent.mkdir(exist_ok=True)
    home.scratch_basis.replace(home.basis(build_id))
    list_files(home, draft, build_id)
    work.unlink()
    keep_head(home, draft)
    _switch(home, draft, build_id)
    return build_id


def day_of_build(home: Home, vault: Vault) -> date:
    """The day as of which the finished build in scratch knows; UsageError when there is none."""
    if not home.scratch_marts.exists():
        raise UsageError(_NO_BUILD)
    con = memory_connection(home)
    try:
        attach(con, home.scratch_marts, "marts", vault, write=False)
        if not _is_finished(con):
            raise UsageError("The last build did not finish: run `reentry build` again.")
        known_at: date = con.execute("select known_at from marts.main.build_info").fetchall()[0][0]
        return known_at
    finally:
        con.close()


def _is_finished(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute("from duckdb_tables() where database_name = 'marts' and table_name = 'build_info'")
    return found.fetchone() is not None


def _write_dashboards(con: duckdb.DuckDBPyConnection, vault: Vault, draft: Path) -> None:
    """The files that the dashboards read, unencrypted: one of aggregates, one of masked rows of persons."""
    con.execute(f"attach {literal(draft / DASHBOARDS_FILE)} as dashboards")
    con.execute(f"attach {literal(draft / PERSONS_FILE)} as persons")
    definitions = read_definitions(con)
    for model in definitions:
        if "dashboard" in model.tags:
            file = "persons" if PERSON_LEVEL in model.tags else "dashboards"
            con.execute(f"create table {file}.main.{model.name} as from marts.main.{model.name}")
    con.execute(
        "create table dashboards.main.build_info as select * exclude (fingerprint, code),"
        " (select max(delivered_on) from marts.main.fct_deliveries) as data_until from marts.main.build_info"
    )
    ((known_at,),) = con.execute("select known_at from marts.main.build_info").fetchall()
    define_session(con, vault, known_at)
    write_figures(con, definitions, known_at)
    for table in sorted(TABLES.glob("**/*.sql"), key=lambda path: path.name):
        file = "dashboards" if table.parent == TABLES else table.parent.name
        con.execute(f"create table {file}.main.{table.stem} as {table.read_text(encoding='utf-8')}")


def _switch(home: Home, draft: Path, build_id: str) -> None:
    folder = home.published / build_id
    draft.replace(folder)
    link = home.published / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(build_id)
    link.replace(home.current)
    home.broken_gate.unlink(missing_ok=True)
    fsync_folder(home.published)
    versions = sorted(p for p in home.published.iterdir() if p.is_dir() and not p.is_symlink())
    drafts = [p for p in versions if p.name.startswith(".")]
    for old in drafts + [p for p in versions if p not in drafts][:-VERSIONS_KEPT]:
        shutil.rmtree(old)
        home.basis(old.name.lstrip(".")).unlink(missing_ok=True)
