"""What a build says of models and tests that failed."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from reentry.definition import GATE, Definition

ROWS_SHOWN = 3


@dataclass(frozen=True)
class Broken:
    """A model or test that failed: ``rows`` break it, or it could not run and ``rows`` is None."""

    definition: Definition
    rows: int | None
    message: str


def judge(con: duckdb.DuckDBPyConnection, tests: list[Definition]) -> list[Broken]:
    """The tests that rows break; ``con`` has the databases that they read."""
    broken = []
    for test in tests:
        count = con.execute(f"select count(*) from ({test.sql})").fetchone()
        if count and count[0]:
            broken.append(Broken(test, count[0], f"{count[0]} rows break it"))
    return broken


def sentence(con: duckdb.DuckDBPyConnection, broken: list[Broken]) -> str:
    """What failed; for a gate with the first rows that break it (the gates see no personal data)."""
    said = "; ".join(f"{b.definition.name}: {_what(con, b)}" for b in broken)
    return f"Nothing new is published, {len(broken)} gates or models failed: {said}"


def _what(con: duckdb.DuckDBPyConnection, broken: Broken) -> str:
    if GATE not in broken.definition.tags or broken.rows is None:
        return " ".join(broken.message.split())[:400]
    shown = con.execute(f"from ({broken.definition.sql}) limit {ROWS_SHOWN}")
    names = [column[0] for column in shown.description]
    rows = [", ".join(f"{n} {v}" for n, v in zip(names, row, strict=True) if v is not None) for row in shown.fetchall()]
    return f"{broken.rows} rows, such as {' | '.join(rows)}"
