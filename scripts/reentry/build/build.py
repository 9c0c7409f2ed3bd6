"""Runs dbt in this process over the warehouse and keeps the SQL it compiled.

One invocation builds staging and intermediate models into the scratch database ``work``, facts and figures into
``marts``, and runs the gates and model tests; dbt's own manifest is kept between runs.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from reentry.contract import feeds, key_of
from reentry.errors import GateError
from reentry.project import MODELS, ROOT
from reentry.store import WAREHOUSE_KEY, Home, attach, define_session, memory_connection
from reentry.vault import Vault

WORK_FILE = "work.duckdb"
MARTS_FILE = "figures.duckdb"
ROWS_SHOWN = 3


def figure_models() -> list[str]:
    """Names of the figure models, found by their files: a new figure needs no other entry."""
    return sorted(path.stem for path in MODELS.glob("marts/*/fig_*.sql"))


def person_feeds() -> list[dict[str, Any]]:
    """The feeds whose rows belong to persons, by the contract: those with an id number or the number of a dossier."""
    return [
        {
            **{"id": feed.id, "table": feed.table, "agency": feed.agency, "name": feed.name},
            **{"row_key": key_of(feed), "columns": list(feed.column_names)},
        }
        for feed in feeds()
        if {"id_no", "register_no"} & set(feed.column_names)
    ]


def build(home: Home, vault: Vault, *, known_at: date, fingerprint: str) -> None:
    """Builds all models as known at the end of ``known_at`` into the scratch folder, with the SQL that made them.

    Raises GateError when a gate or a model's test fails, naming each.
    """
    marts, work = home.building / MARTS_FILE, home.building / WORK_FILE
    for stale in (*home.building.glob(f"{MARTS_FILE}*"), *home.building.glob(f"{WORK_FILE}*")):
        stale.unlink()
    with _environment(home, vault, known_at, work=work, marts=marts), _quick_collection():
        results = _invoke(["build", "--exclude-resource-types", "seed", "unit_test"])
        failed = [r for r in results if str(r.status) in ("error", "fail")]
        if failed:
            raise GateError(_failure(home, vault, known_at, failed))
    _write_info(home, vault, [r.node for r in results if r.node.resource_type == "model"], known_at, fingerprint)


def run_dbt(home: Home, vault: Vault, known_at: date, arguments: list[str]) -> bool:
    """Runs any dbt command on the scratch databases, for engineers; True when it succeeded."""
    marts, work = home.building / MARTS_FILE, home.building / WORK_FILE
    with _environment(home, vault, known_at, work=work, marts=marts):
        return bool(_runner().invoke([*arguments, *_where(), "--log-level-file", "none"]).success)


def _failure(home: Home, vault: Vault, known_at: date, failed: list[Any]) -> str:
    """What failed; for a gate the first rows that break it (gates see no personal data)."""
    con = memory_connection(home.building)
    try:
        for name, path in (("work", WORK_FILE), ("marts", MARTS_FILE)):
            attach(con, home.building / path, name, vault, write=False)
        attach(con, home.warehouse, "warehouse", vault, write=False)
        define_session(con, vault, known_at)
        lines = [f"{r.node.name}: {_what(con, r)}" for r in failed]
    finally:
        con.close()
    return f"Nothing new is published, {len(failed)} gates or models failed: {'; '.join(lines)}"


def _what(con: duckdb.DuckDBPyConnection, result: Any) -> str:
    if "gate" not in result.node.tags or str(result.status) != "fail":
        return " ".join(str(result.message or result.status).split())[:400]
    shown = con.execute(f"from ({result.node.compiled_code}) limit {ROWS_SHOWN}")
    names = [column[0] for column in shown.description]
    rows = [", ".join(f"{n} {v}" for n, v in zip(names, row, strict=True) if v is not None) for row in shown.fetchall()]
    return f"{result.failures} rows, such as {' | '.join(rows)}"


def _write_info(home: Home, vault: Vault, models: list[Any], known_at: date, fingerprint: str) -> None:
    """Adds to the marts the SQL that made them and what they were made from; its presence marks a finished build."""
    definitions = [
        (
            position,
            node.name,
            node.relation_name or "",
            "figure" if "figure" in node.tags else "query" if "query" in node.tags else "table",
            node.compiled_code,
            json.dumps(node.config.meta.get("figures", []), ensure_ascii=False),
            list(node.tags),
        )
        for position, node in enumerate(models)
    ]
    con = memory_connection(home.building)
    try:
        attach(con, home.building / MARTS_FILE, "marts", vault, write=True)
        attach(con, home.warehouse, "warehouse", vault, write=False)
        con.execute(
            "create table marts.main.definitions (position integer, name varchar, relation varchar, kind varchar,"
            " sql varchar, figures json, tags varchar[])"
        )
        con.execute("begin")  # one commit: each is a write to the encrypted file
        con.executemany("insert into marts.main.definitions values (?, ?, ?, ?, ?, ?, ?)", definitions)
        con.execute("commit")
        con.execute(
            """
            create table marts.main.build_info as
            select
                ''::varchar as build_id,
                null::timestamp as published_at,
                (select count(*) from warehouse.landing.batches where delivered_on <= $1::date)::integer as batches,
                (select district_code from warehouse.reference.settings) as district_code,
                $1::date as known_at,
                $2::varchar as fingerprint
            """,
            [known_at, fingerprint],
        )
    finally:
        con.close()


def _runner() -> Any:
    from dbt.cli.main import dbtRunner  # late: three seconds of import

    return dbtRunner()


def _where() -> list[str]:
    return [
        *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        *("--vars", json.dumps({"figure_models": figure_models(), "person_feeds": person_feeds()})),
    ]


def _invoke(arguments: list[str]) -> list[Any]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    try:
        done = _runner().invoke(
            [
                *arguments,
                *_where(),
                "--log-level",
                "none",
                "--log-level-file",
                "none",
                "--no-write-json",
                "--quiet",
            ]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if done.exception is not None:
        raise done.exception
    return list(done.result.results)


@contextmanager
def _environment(home: Home, vault: Vault, known_at: date, *, work: Path, marts: Path) -> Iterator[None]:
    """What profiles.yml and the session plugin read; the paths stay the same so that dbt's parse is reused."""
    wanted = {
        "REENTRY_WAREHOUSE": str(home.warehouse.resolve()),
        "REENTRY_WORK": str(work.resolve()),
        "REENTRY_MARTS": str(marts.resolve()),
        "REENTRY_SPILL": str((home.building / "spill").resolve()),
        "REENTRY_HOME": str(home.path.resolve()),
        "REENTRY_KNOWN_AT": str(known_at),
        "REENTRY_DBT_TARGET": str((home.path / "dbt").resolve()),
        "DBT_ENV_SECRET_STORAGE_KEY": vault.key(WAREHOUSE_KEY),
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _quick_collection() -> Iterator[None]:
    """Dbt allocates much and frees little: without the collector a build takes a quarter less."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
