"""The SQL that made a version: one definition a model or test, kept with the version in ``marts.main.definitions``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import duckdb

from reentry.errors import UsageError
from reentry.nearest import nearest

GATE = "gate"


@dataclass(frozen=True)
class Definition:
    """One model or test: ``sql`` is a select over relations of earlier ones, in a test of the rows that break it."""

    name: str
    relation: str
    kind: str  # figure | query | table | gate
    is_view: bool
    sql: str
    figures: list[dict[str, Any]]
    tags: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)  # of a fact: where the rows of the files behind it are

    def create(self, con: duckdb.DuckDBPyConnection) -> None:
        """Makes the model's relation; what it reads must be there."""
        con.execute(f"create {'view' if self.is_view else 'table'} {self.relation} as {self.sql}")


def figures_of(definitions: list[Definition]) -> dict[str, tuple[dict[str, Any], Definition]]:
    """Every figure by its id: what its file says of it, and the definition that computes it."""
    return {figure["id"]: (figure, d) for d in definitions for figure in d.figures}


def figure_of(figure_id: str, definitions: list[Definition]) -> tuple[dict[str, Any], Definition]:
    """One of ``figures_of``; UsageError names the figure that is most like an unknown one."""
    known = figures_of(definitions)
    if figure_id not in known:
        raise UsageError(
            f"There is no figure {figure_id}; the nearest one is {nearest(figure_id, list(known))}"
            " (`reentry figures` without --id lists them all)."
        )
    return known[figure_id]


def write_definitions(con: duckdb.DuckDBPyConnection, definitions: list[Definition]) -> None:
    """Keeps the definitions, in the order in which they can be run, with the marts they made."""
    con.execute(
        "create table marts.main.definitions (position integer, name varchar, relation varchar, kind varchar,"
        " is_view boolean, sql varchar, figures json, tags varchar[], rows json)"
    )
    con.execute("begin")  # one commit: each is a write to the encrypted file
    con.executemany(
        "insert into marts.main.definitions values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(i, d.name, d.relation, d.kind, d.is_view, d.sql),
                *(json.dumps(d.figures, ensure_ascii=False), d.tags, json.dumps(d.rows)),
            )
            for i, d in enumerate(definitions)
        ],
    )
    con.execute("commit")


def read_definitions(con: duckdb.DuckDBPyConnection) -> list[Definition]:
    """The models and tests of the marts attached as ``marts``, in order."""
    found = con.execute("select * exclude (position) from marts.main.definitions order by position")
    names = [column[0] for column in found.description]  # versions of earlier releases have no rows
    kept = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [
        Definition(**{**d, "figures": json.loads(d["figures"]), "rows": json.loads(d.get("rows") or "[]")})
        for d in kept
    ]
