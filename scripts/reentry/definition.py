"""The SQL that made a version: one definition a model or test, kept with the version in ``marts.main.definitions``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb

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

    def create(self, con: duckdb.DuckDBPyConnection) -> None:
        """Makes the model's relation; what it reads must be there."""
        con.execute(f"create {'view' if self.is_view else 'table'} {self.relation} as {self.sql}")


def write_definitions(con: duckdb.DuckDBPyConnection, definitions: list[Definition]) -> None:
    """Keeps the definitions, in the order in which they can be run, with the marts they made."""
    con.execute(
        "create table marts.main.definitions (position integer, name varchar, relation varchar, kind varchar,"
        " is_view boolean, sql varchar, figures json, tags varchar[])"
    )
    con.execute("begin")  # one commit: each is a write to the encrypted file
    con.executemany(
        "insert into marts.main.definitions values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (i, d.name, d.relation, d.kind, d.is_view, d.sql, json.dumps(d.figures, ensure_ascii=False), d.tags)
            for i, d in enumerate(definitions)
        ],
    )
    con.execute("commit")


def read_definitions(con: duckdb.DuckDBPyConnection) -> list[Definition]:
    """The models and tests of the marts attached as ``marts``, in order."""
    rows = con.execute(
        "select name, relation, kind, is_view, sql, figures, tags from marts.main.definitions order by position"
    ).fetchall()
    return [Definition(r[0], r[1], r[2], r[3], r[4], json.loads(r[5]), r[6]) for r in rows]
