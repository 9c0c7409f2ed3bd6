"""The figures of one window, each with its value a year earlier, as INTERFACES 2 gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb

from reentry.errors import UsageError
from reentry.figures import statistics
from reentry.figures.published import Version
from reentry.figures.window import Window, year_before

DAYS_OF_A_YEAR = Decimal("365.25")
WITHOUT_PREVIOUS = "data."
SMALL_COUNT = 5
SIGNIFICANT = 0.05
NOTE_SMALL = "人数较少，变化不具统计显著性"
NOTE_FROM_ZERO = "上年同期为0，不计算同比"
NOTE_EQUAL = "持平"

Cell = tuple[str, str | None, str | None, str | None, str | None]  # id, township, feed, dimension, member


@dataclass(frozen=True)
class Reading:
    """The numbers of one cell in one period, exact."""

    numerator: Decimal | None
    denominator: Decimal | None


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
    known = {f["id"]: f for d in version.definitions for f in d.figures}
    if unknown := [i for i in ids or [] if i not in known]:
        raise UsageError(f"There is no figure {unknown[0]}: `reentry figures` without --id lists them all.")
    set_periods(version.con, window)
    readings = _readings(version, set(ids or known))
    members = _members(version.con)
    townships = dict(
        version.con.execute(
            "select township_code, township_name from marts.main.dim_township order by township_code"
        ).fetchall()
    )
    out = []
    for figure_id, figure in sorted(known.items()):
        if ids and figure_id not in ids:
            continue
        for cell in _cells(figure, readings, members, townships if by_township else {}, by_township):
            out.append(_present(figure, cell, readings, townships, window))
    return out


def _readings(version: Version, wanted: set[str]) -> dict[tuple[str, Cell], Reading]:
    readings = {}
    for definition in version.definitions:
        if definition.kind != "figure" or not wanted & {f["id"] for f in definition.figures}:
            continue
        for period, *cell, numerator, denominator in version.con.execute(
            "select period_id, figure_id, township_code, feed, dimension, member, numerator, denominator "
            f"from ({definition.sql})"
        ).fetchall():
            readings[(period, (cell[0], cell[1], cell[2], cell[3], cell[4]))] = Reading(numerator, denominator)
    return readings


def _members(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for dimension, member in con.execute(
        "select dimension, member from marts.main.dim_member order by dimension, sort_order, member"
    ).fetchall():
        members.setdefault(dimension, []).append(member)
    return members


def _cells(
    figure: dict[str, Any],
    readings: dict[tuple[str, Cell], Reading],
    members: dict[str, list[str]],
    townships: dict[str, str],
    by_township: bool,
) -> list[Cell]:
    """Every cell of the figure's breakdowns, empty ones included; members without a fixed list as they occur."""
    cells: list[Cell] = []
    for breakdown in figure["breakdowns"]:
        if "township" in breakdown and not by_township:
            continue
        named = [b for b in breakdown if b not in ("township", "feed")]
        dimension = named[0] if named else None
        grid_townships: list[str | None] = list(townships) if "township" in breakdown else [None]
        feeds = members[figure.get("feeds", "feed")]
        grid_feeds: list[str | None] = list(feeds) if "feed" in breakdown else [None]
        grid_members: list[str | None] = [None]
        if dimension is not None:
            grid_members = list(members.get(dimension) or _occurring(figure["id"], dimension, readings))
        cells += [
            (figure["id"], township, feed, dimension, member)
            for township in grid_townships
            for feed in grid_feeds
            for member in grid_members
        ]
    return cells


def _occurring(figure_id: str, dimension: str, readings: dict[tuple[str, Cell], Reading]) -> list[str]:
    return sorted(
        {c[4] for period, c in readings if period == "current" and c[0] == figure_id and c[3] == dimension and c[4]}
    )


def _present(
    figure: dict[str, Any],
    cell: Cell,
    readings: dict[tuple[str, Cell], Reading],
    townships: dict[str, str],
    window: Window,
) -> dict[str, Any]:
    now = readings.get(("current", cell)) or _empty(figure)
    value = _value(figure["unit"], now, window)
    out: dict[str, Any] = {
        "id": figure["id"],
        "name_zh": figure["name_zh"],
        "unit": figure["unit"],
        "by": _by(cell, townships),
        "value": _printable(figure["unit"], value),
        **_parts(figure, now),
    }
    if figure["unit"] == "日期" and isinstance(value, str):
        out["age_days"] = int(now.numerator or 0)
    if not figure["id"].startswith(WITHOUT_PREVIOUS):
        before = readings.get(("previous", cell)) or _empty(figure)
        previous = _value(figure["unit"], before, window.previous())
        out["previous"] = _printable(figure["unit"], previous)
        out["change"] = _change(value, previous)
        lagged = readings.get(("previous_same_lag", cell)) or _empty(figure)
        out |= _statistics(figure["id"], now, before, lagged)
        if note := _note(out, value, previous, now, before):
            out["note_zh"] = note
    out["definition_version"] = figure["version"]
    return out


def _empty(figure: dict[str, Any]) -> Reading:
    return Reading(Decimal(0) if figure["empty"] == "zero" else None, None)


def _by(cell: Cell, townships: dict[str, str]) -> dict[str, str]:
    _, township, feed, dimension, member = cell
    by = {"township": townships[township]} if township else {}
    if feed:
        by["feed"] = feed
    if dimension and member:
        by[dimension] = member
    return by


def _value(unit: str, reading: Reading, window: Window) -> Decimal | float | str | None:
    """The exact value, as Decimal, or as the nearest double of an exact quotient."""
    top, bottom = reading.numerator, reading.denominator
    if unit in ("ratio", "rate", "人年"):
        if top is None or not bottom:
            return 0.0 if unit == "人年" and top is not None else None
        scale = 100 * DAYS_OF_A_YEAR if unit == "rate" else Decimal(1)
        share = (top * scale).as_integer_ratio()
        below = bottom.as_integer_ratio()
        return (share[0] * below[1]) / (share[1] * below[0])
    if unit == "日期":
        return None if top is None else str(window.known_at - timedelta(days=int(top)))
    return top


def _printable(unit: str, value: Decimal | float | str | None) -> Any:
    if not isinstance(value, Decimal):
        return value
    return f"{value:.2f}" if unit == "元" else int(value)


def _parts(figure: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Numerator and denominator, for figures that carry them."""
    unit = figure["unit"]
    if unit == "rate":
        days = reading.denominator or Decimal(0)
        return {"numerator": int(reading.numerator or 0), "denominator": float(days / DAYS_OF_A_YEAR)}
    if unit == "ratio" and reading.numerator is None:
        return {"numerator": None, "denominator": None}
    if unit == "ratio":
        return {"numerator": int(reading.numerator or 0), "denominator": int(reading.denominator or 0)}
    if unit == "名":
        return {"denominator": None if reading.denominator is None else int(reading.denominator)}
    if figure.get("with_denominator"):
        return {"numerator": int(reading.numerator or 0), "denominator": int(reading.denominator or 0)}
    return {}


def _change(value: Decimal | float | str | None, previous: Decimal | float | str | None) -> float | None:
    if value is None or not previous or isinstance(value, str) or isinstance(previous, str):
        return None
    return float(value) / float(previous) - 1


def _statistics(figure_id: str, now: Reading, before: Reading, lagged: Reading) -> dict[str, Any]:
    if figure_id == "recidivism.rate":
        events, persons = int(now.numerator or 0), int(now.denominator or 0)
        events_before, persons_before = int(before.numerator or 0), int(before.denominator or 0)
        return {
            "ci95": _pair(statistics.wilson_interval(events, persons)),
            "p_value": statistics.conditional_binomial_p(events, events_before, persons, persons_before),
            "previous_same_lag": int(lagged.numerator or 0) / int(lagged.denominator) if lagged.denominator else None,
        }
    if figure_id == "recidivism.per_100_person_years":
        years = float((now.denominator or Decimal(0)) / DAYS_OF_A_YEAR)
        return {"ci95": _pair(statistics.poisson_interval(int(now.numerator or 0), years / 100))}
    return {}


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _note(
    out: dict[str, Any],
    value: Decimal | float | str | None,
    previous: Decimal | float | str | None,
    now: Reading,
    before: Reading,
) -> str | None:
    """What must be printed with the change on the year."""
    if value is None or previous is None:
        return None
    if not previous:
        return NOTE_FROM_ZERO if value else NOTE_EQUAL
    if out["id"] != "recidivism.rate":
        return None
    small = min(now.numerator or 0, before.numerator or 0) < SMALL_COUNT
    return NOTE_SMALL if small or out["p_value"] >= SIGNIFICANT else None
