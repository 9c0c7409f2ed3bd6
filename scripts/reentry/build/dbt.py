"""Dbt in this process over the warehouse, and the SQL it compiled."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from reentry.build.figure_faults import faults_of_figures
from reentry.build.judge import Broken
from reentry.contract import feeds, key_of
from reentry.definition import GATE, Definition
from reentry.errors import UsageError
from reentry.labels import labels
from reentry.project import MODELS, ROOT
from reentry.store import WAREHOUSE_KEY, Home
from reentry.vault import Vault

_NUMBERS = ("money", "integer", "duration")


def figure_models() -> list[str]:
    """Names of the figure models, found by their files: a new figure needs no other entry."""
    return sorted(path.stem for path in MODELS.glob("marts/*/fig_*.sql"))


def finding_models() -> list[str]:
    """Names of the models of rules across feeds, found in the same way."""
    return sorted(path.stem for path in MODELS.glob("intermediate/findings/int_findings__*.sql"))


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


def all_feeds() -> list[dict[str, Any]]:
    """Every feed of the contract: its source, the expression of a row's key, whether it is the whole list, names."""
    return [
        {
            **{"id": feed.id, "agency": feed.agency, "name": feed.name},
            **{"row_key": key_of(feed), "is_snapshot": feed.is_snapshot, "has_id_key": feed.has_id_key},
            **{"agency_zh": feed.agency_zh, "name_zh": feed.name_zh},
            "numbers": [c.name for c in feed.columns if c.type in _NUMBERS and c.name not in feed.key],
            "headers": [{"column": c.name, "header": c.headers[0]} for c in feed.columns],
        }
        for feed in feeds()
    ]


def build_by_dbt(home: Home, vault: Vault, known_at: date) -> tuple[list[Definition], list[Broken]]:
    """Builds and tests all models in the scratch databases; gives what it ran, in order, and what failed.

    UsageError when dbt cannot read the models, or for the first thing wrong in what a figure's file says of it.
    """
    with _environment(home, vault, known_at), _quick_collection():
        results = _invoke(["build", "--exclude-resource-types", "seed", "unit_test"])
    models = [_definition(r.node) for r in results if r.node.resource_type == "model"]
    tests = [_definition(r.node) for r in results if r.node.resource_type == "test"]
    for fault in faults_of_figures(models, figure_models()):
        raise UsageError(f"{fault} (docs/add-a-figure.md).")
    broken = [
        Broken(_definition(r.node), r.failures if str(r.status) == "fail" else None, str(r.message or r.status))
        for r in results
        if str(r.status) in ("error", "fail")
    ]
    return models + tests, broken


def run_dbt(home: Home, vault: Vault, known_at: date, arguments: list[str]) -> bool:
    """Runs any dbt command on the scratch databases, for engineers; True when it succeeded."""
    with _environment(home, vault, known_at):
        return bool(_runner().invoke([*arguments, *_where(), "--log-level-file", "none"]).success)


def _definition(node: Any) -> Definition:
    tags = list(node.tags)
    kind = next((k for k in ("figure", "query") if k in tags), "table")
    return Definition(
        name=node.name,
        relation=node.relation_name or "",
        kind=GATE if node.resource_type == "test" else kind,
        is_view=node.config.materialized == "view",
        sql=node.compiled_code or "",
        figures=[{**figure, **labels().get(figure.get("id"), {})} for figure in node.config.meta.get("figures", [])],
        tags=tags,
        rows=node.config.meta.get("rows", []),
    )


def _runner() -> Any:
    from dbt.cli.main import dbtRunner  # late: three seconds of import

    return dbtRunner()


def _where() -> list[str]:
    return [
        *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        *("--vars", json.dumps(_variables())),
    ]


def _variables() -> dict[str, Any]:
    return {
        "figure_models": figure_models(),
        "finding_models": finding_models(),
        "person_feeds": person_feeds(),
        "all_feeds": all_feeds(),
    }


def _invoke(arguments: list[str]) -> list[Any]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt_common.exceptions import DbtBaseException

    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json", "--quiet"]
    try:
        done = _runner().invoke([*arguments, *_where(), *quiet])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt has none
    if isinstance(done.exception, DbtBaseException):  # a fault of the project's files, and it names the file
        raise UsageError(f"dbt cannot read the models: {str(done.exception).rstrip('. ')}: correct it there.")
    if done.exception is not None:
        raise done.exception
    return list(done.result.results)


@contextmanager
def _environment(home: Home, vault: Vault, known_at: date) -> Iterator[None]:
    """What profiles.yml and the session plugin read; the paths stay the same so that dbt's parse is reused."""
    wanted = {
        "REENTRY_WAREHOUSE": _absolute(home.warehouse),
        "REENTRY_WORK": _absolute(home.scratch_work),
        "REENTRY_MARTS": _absolute(home.scratch_marts),
        "REENTRY_HOME": _absolute(home.path),
        "REENTRY_KNOWN_AT": str(known_at),
        "REENTRY_DBT_TARGET": _absolute(home.path / "dbt"),
        # dbt makes the folder even when it logs nothing, and the program's own may be read-only
        "DBT_LOG_PATH": _absolute(home.path / "dbt"),
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


def _absolute(path: Path) -> str:
    return str(path.resolve())


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
