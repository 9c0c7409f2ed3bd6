"""A figure traced: its value, what it counts, and the rows of the files behind each (INTERFACES 1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from reentry.definition import figure_of
from reentry.errors import ReentryError, UsageError
from reentry.figures.document import build_document
from reentry.figures.published import Version, open_version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.store import Home, attach_when_free
from reentry.trace.rows import find_rows, read_rows
from reentry.trace.units import FigureCell, count_units, reading
from reentry.vault import Vault

BATCHES = '"warehouse"."landing"."batches"'
PARTS = {"numerator": "counts", "denominator": "out_of"}
SPECIAL = ("township", "feed")


@dataclass(frozen=True)
class Asked:
    """What to trace: a figure, its window, one cell of its breakdowns (``by`` as in INTERFACES 2), and which part."""

    figure_id: str
    starts_on: date
    ends_on: date
    as_of: date | None = None
    known_at: date | None = None
    by: dict[str, str] = field(default_factory=dict)
    part: str = "numerator"
    with_cells: bool = True


@dataclass(frozen=True)
class Trace:
    """A traced figure. ``rows`` are objects; the ``counts`` of them add up to ``total``, the figure's exact part."""

    document: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def total(self) -> Decimal:
        """The part traced, exact (of 人年 in days)."""
        return Decimal(str(self.document["total"]))


def trace(home: Home, vault: Vault, asked: Asked) -> Trace:
    """Traces one cell of a figure, from what is published or, with ``known_at``, as it was known on that day.

    UsageError for a figure, a breakdown or a member that does not exist; ReentryError when the rows do not add up to
    the figure, which then must not be relied upon.
    """
    with open_for_trace(home, vault, asked.known_at) as version:
        return trace_in(version, asked)


def trace_in(version: Version, asked: Asked) -> Trace:
    """Traces one cell in a version opened by ``open_for_trace``; see ``trace``."""
    con = version.con
    window = Window.of(asked.starts_on, asked.ends_on, asked.as_of, version.known_at)
    figure, definition = figure_of(asked.figure_id, version.definitions)
    counts = _counts(figure, asked)
    shown = _shown(version, window, asked)
    cell = _cell(con, figure, asked)
    con.execute("delete from memory.main.periods where period_id != 'current'")
    exact = reading(con, definition, cell, asked.part) or Decimal(0)
    total = count_units(con, definition, cell, asked.part, counts)
    if total != exact:
        raise ReentryError(f"{asked.figure_id} is {exact}, but its rows add up to {total}: report this.")
    find_rows(con, {d.name: d for d in version.definitions}, counts)
    rows = read_rows(con, with_cells=asked.with_cells)
    document = {
        **{k: shown.get(k) for k in ("id", "name_zh", "unit", "by", "value", "numerator", "denominator")},
        "definition_zh": figure["definition_zh"],
        "definition_version": figure["version"],
        "part": asked.part,
        "total": int(exact) if exact == int(exact) else f"{exact:.2f}",
        "units": len({row["unit"] for row in rows}),
        "units_without_rows": sum(row["file"] is None for row in rows),
        **{"from": str(window.starts_on), "to": str(window.ends_on)},
        **{"as_of": str(window.as_of), "known_at": str(window.known_at)},
        "build": build_document(version),
    }
    return Trace(document, rows)


@contextmanager
def open_for_trace(home: Home, vault: Vault, known_at: date | None = None) -> Iterator[Version]:
    """A version with the warehouse and the staging models beside its marts, as they were when it was made.

    A rebuild as known earlier has them. For the published version they are made anew, of its batches alone: what has
    landed since does not count.
    """
    with open_version(home, vault, known_at) as version:
        con = version.con
        if not con.execute("from duckdb_databases() where database_name = 'work'").fetchone():
            attach_when_free(con, home.warehouse, "warehouse", vault, write=False)
            con.execute("attach ':memory:' as work")
            built_from = f"(select * from {BATCHES} where batch_id in (select batch_id from marts.main.fct_deliveries))"
            for definition in version.definitions:
                if definition.name == "stg_batches":
                    con.execute(f"create table {definition.relation} as {definition.sql.replace(BATCHES, built_from)}")
                elif definition.name.startswith("stg_"):
                    definition.create(con)
        yield version


def _counts(figure: dict[str, Any], asked: Asked) -> dict[str, Any]:
    if asked.part not in PARTS:
        raise UsageError(f"--part {asked.part} is not known: numerator or denominator.")
    if asked.part == "denominator" and PARTS[asked.part] not in figure:
        raise UsageError(f"{figure['id']} has no {asked.part}: trace it without --part.")
    return dict(figure[PARTS[asked.part]])  # every figure has a numerator


def _shown(version: Version, window: Window, asked: Asked) -> dict[str, Any]:
    """The figure's object as `reentry figures` shows it; leaves the window in ``memory.main.periods``."""
    objects = pull(version, window, by_township="township" in asked.by, ids=[asked.figure_id])
    found = next((o for o in objects if o["by"] == asked.by), None)
    if found is not None:
        return found
    for name in asked.by:
        members = sorted({o["by"][name] for o in objects if name in o["by"]})
        if asked.by[name] not in members:
            known = "、".join(members) or "none"
            raise UsageError(f"{asked.figure_id} has no {name} {asked.by[name]}: there is {known}.")
    cuts = sorted({" + ".join(o["by"]) for o in objects if o["by"]})
    raise UsageError(
        f"{asked.figure_id} has no such cell: choose by {' | '.join(cuts) or 'nothing: it is one number'}."
    )


def _cell(con: duckdb.DuckDBPyConnection, figure: dict[str, Any], asked: Asked) -> FigureCell:
    named = [name for name in asked.by if name not in SPECIAL]
    code = None
    if "township" in asked.by:
        row = con.execute(
            "select township_code from marts.main.dim_township where township_name = ?", [asked.by["township"]]
        ).fetchone()
        code = row[0] if row else None
    dimension = named[0] if named else None
    return FigureCell(figure["id"], code, asked.by.get("feed"), dimension, asked.by[dimension] if dimension else None)
