"""The numbers of one cell as INTERFACES 2 gives them: value, year before, change, interval, note; one place for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from reentry.figures import statistics

DAYS_OF_A_YEAR = Decimal("365.25")
WITHOUT_PREVIOUS = "data."
WITH_LAG = "recidivism.rate"
SMALL_COUNT = 5
SIGNIFICANT = 0.05
SPENT_AS_OF = "spent_as_of"  # what a figure's file says that it says beside its value
NOTE_SMALL = "人数较少，变化不具统计显著性"
NOTE_FROM_ZERO = "上年同期为0，不计算同比"
NOTE_EQUAL = "持平"


@dataclass(frozen=True)
class Reading:
    """The numbers of one cell in one period, exact."""

    numerator: Decimal | None
    denominator: Decimal | None


def empty(figure: dict[str, Any]) -> Reading:
    """What a cell without a row reads."""
    return Reading(Decimal(0) if figure["empty"] == "zero" else None, None)


def present(
    figure: dict[str, Any], *, now: Reading, before: Reading, lagged: Reading, known_at: date
) -> dict[str, Any]:
    """What a figure says of a cell: ``value`` and all that goes with it; nothing here depends on which cell it is."""
    value = _value(figure["unit"], now, known_at)
    out: dict[str, Any] = {"value": _printable(figure["unit"], value), **_parts(figure, now)}
    if figure["unit"] == "日期":
        out["age_days"] = None if now.numerator is None else int(now.numerator)
    if figure.get("says") == SPENT_AS_OF:
        days = now.denominator
        out[SPENT_AS_OF] = None if days is None else str(date(1970, 1, 1) + timedelta(days=int(days)))
    if not figure["id"].startswith(WITHOUT_PREVIOUS):
        previous = _value(figure["unit"], before, known_at)
        out["previous"] = _printable(figure["unit"], previous)
        out["change"] = _change(value, previous)
        if figure["unit"] == "ratio":
            out["change_points"] = None if value is None or previous is None else float(value) - float(previous)
        out |= _statistics(figure["id"], now, before, lagged)
        if note := _note(figure["id"], out, value, previous, now, before):
            out["note_zh"] = note
    return out


def _value(unit: str, reading: Reading, known_at: date) -> Decimal | float | str | None:
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
        return None if top is None else str(known_at - timedelta(days=int(top)))
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
    if figure_id == WITH_LAG:
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


def note_of_points(said: dict[str, Any]) -> str | None:
    """What must stand beside a change in percentage points, which needs no year before that is more than 0."""
    note = said.get("note_zh")
    if note == NOTE_FROM_ZERO and "p_value" in said:  # nobody is fewer than five
        return NOTE_SMALL
    return note if note == NOTE_SMALL else None


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _note(
    figure_id: str,
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
    if figure_id != WITH_LAG:
        return None
    small = min(now.numerator or 0, before.numerator or 0) < SMALL_COUNT
    return NOTE_SMALL if small or out["p_value"] >= SIGNIFICANT else None
