"""The figures of one window, each with its value a year earlier, as INTERFACES 2 gives them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb

from reentry.definition import figure_of, figures_of
from reentry.figures.cells import Cell, cells_of, members_of, townships_of
from reentry.figures.present import Reading, empty, present
from reentry.figures.published import Version
from reentry.figures.window import QUARTER, Window, last_quarter, year_before


def set_periods(con: duckdb.DuckDBPyConnection, window: Window) -> None:
    """Makes ``memory.main.periods`` the window asked for, the year before, and the latter as known a year before."""
    before = window.previous()
    rows = [
        ("current", window.starts_on, window.closes_on, window.as_of, window.ends_on, None),
        ("previous", before.starts_on, before.closes_on, before.as_of, before.ends_on, None),
        (
            "previous_same_lag",
            *(before.starts_on, before.closes_on, before.as_of, before.ends_on),
            year_before(window.known_at),
        ),
    ]
    # written out, not as parameters: with the first parameter DuckDB imports pandas, a third of a pull's time
    values = ", ".join(
        f"('{name}', " + ", ".join("null" if day is None else f"date '{day}'" for day in days) + ")"
        for name, *days in rows
    )
    con.execute(
        "create or replace table memory.main.periods (period_id varchar, starts_on date, ends_on date, as_of date,"
        " window_end date, first_delivered_by date)"
    )
    con.execute(f"insert into memory.main.periods values {values}")


def pull(
    version: Version, window: Window, *, by_township: bool = False, ids: list[str] | None = None
) -> list[dict[str, Any]]:
    """Every figure of the window as objects of INTERFACES 2; only ``ids`` when given.

    UsageError names an id that is no figure.
    """
    wanted = {i: figure_of(i, version.definitions) for i in ids or figures_of(version.definitions)}
    set_periods(version.con, window)
    readings = _readings(version, wanted)
    members, townships = members_of(version.con), townships_of(version.con)
    occurring = [cell for period, cell in readings if period == "current"]
    out = []
    for _, (figure, _) in sorted(wanted.items()):
        for cell in cells_of(
            figure, occurring=occurring, members=members, townships=townships, by_township=by_township
        ):
            out.append(_object(figure, cell, readings, townships, window))
    return out


def _readings(version: Version, wanted: Collection[str]) -> dict[tuple[str, Cell], Reading]:
    readings = {}
    for definition in version.definitions:
        if definition.kind != "figure" or not any(f["id"] in wanted for f in definition.figures):
            continue
        for period, *cell, numerator, denominator in version.con.execute(
            "select period_id, figure_id, township_code, feed, dimension, member, numerator, denominator "
            f"from ({definition.sql})"
        ).fetchall():
            readings[(period, (cell[0], cell[1], cell[2], cell[3], cell[4]))] = Reading(numerator, denominator)
    return readings


def _object(
    figure: dict[str, Any],
    cell: Cell,
    readings: dict[tuple[str, Cell], Reading],
    townships: dict[str, str],
    window: Window,
) -> dict[str, Any]:
    now, before, lagged = (
        readings.get((period, cell)) or empty(figure) for period in ("current", "previous", "previous_same_lag")
    )
    return {
        "id": figure["id"],
        "name_zh": figure["name_zh"],
        "unit": figure["unit"],
        "by": _by(cell, townships),
        **present(figure, now=now, before=before, lagged=lagged, known_at=window.known_at),
        **({QUARTER: last_quarter(window.starts_on, window.closes_on)} if figure.get("says") == QUARTER else {}),
        "definition_version": figure["version"],
    }


def _by(cell: Cell, townships: dict[str, str]) -> dict[str, str]:
    _, township, feed, dimension, member = cell
    by = {"township": townships[township]} if township else {}
    if feed:
        by["feed"] = feed
    if dimension and member:
        by[dimension] = member
    return by
