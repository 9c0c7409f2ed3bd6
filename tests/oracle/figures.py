"""Every figure of METRICS.md, in every breakdown, from the definitions alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from . import statistics
from .cohorts import cohort_table
from .control import dual, risk, roster, sweeps, visits
from .data_figures import data
from .facts import Facts, Period, periods
from .measures import By, Exact, Measure, Table
from .recidivism import rates, recidivism
from .register import handover, register
from .shapes import Delivered, District
from .support import budget, city, city_quarter, relief, spent_as_of, work
from .values import years_on

RATIOS = (
    *("handover.rate", "handover.key_rate", "recidivism.rate", "recidivism.repeat_share", "visits.rate", "sweeps.rate"),
    *("employment.rate", "city.rate"),
)
SUBJECTS = (register, handover, recidivism, dual, risk, visits, sweeps, relief, work, city, budget)


class World(Facts):
    """What is known at the end of a day, and what follows from it."""

    def __init__(self, delivered: Delivered, district: District, known_at: date) -> None:
        """Nothing is computed before it is asked for."""
        super().__init__(delivered, district, known_at)
        self._table = cache(self._measure)
        self._data = cache(lambda: data(self))

    def figures(
        self, start: date, end: date, as_of: date | None = None, by_township: bool = False
    ) -> list[dict[str, Any]]:
        """All figures of a window as INTERFACES §2 has them; townships only when asked for."""
        now, before = periods(start, end, as_of, self.known_at)
        current, previous = self._table(now), self._table(before)
        same_lag = Table(self.district.townships)
        rates(self, before, same_lag, recorded_by=years_on(self.known_at, -1))
        found = []
        for (figure, by), measure in current.items():
            if not by_township and any(label == "township" for label, _ in by):
                continue
            shown = _show(figure, by, measure, previous[figure, by])
            if figure == "recidivism.rate":
                shown |= _rate_extras(measure, previous[figure, by], same_lag[figure, by])
            if figure == "recidivism.per_100_person_years":
                shown["ci95"] = _per_100_interval(measure)
            if figure in RATIOS:
                shown["change_points"] = _points(measure.value, previous[figure, by].value)
            if figure.startswith("city."):
                shown["quarter"] = city_quarter(now)
            if figure == "budget.spent_yuan":
                shown["spent_as_of"] = _print(spent_as_of(self, now))
            found.append(shown)
        return found + self._data()

    def cohorts(self, as_of: date | None = None) -> list[dict[str, Any]]:
        """The cohort table."""
        return cohort_table(self, as_of)

    def roster(self, as_of: date) -> dict[str, dict[str, Any]]:
        """The dual-management roster, by number of the dossier."""
        return roster(self, as_of)

    def _measure(self, period: Period) -> Table:
        table = Table(self.district.townships)
        for subject in SUBJECTS:
            subject(self, period, table)
        return table


def figures(
    delivered: Delivered,
    district: District,
    start: date,
    end: date,
    as_of: date | None,
    known_at: date,
    by_township: bool,
) -> list[dict[str, Any]]:
    """All figures of one window; a World does several without beginning anew."""
    return World(delivered, district, known_at).figures(start, end, as_of, by_township)


def _show(figure: str, by: By, measure: Measure, previous: Measure) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": figure, "by": dict(by), "value": _print(measure.value)}
    if measure.is_ratio:
        shown |= {"numerator": _print(measure.numerator), "denominator": _print(measure.denominator)}
    if figure == "city.rank":
        shown["denominator"] = _print(measure.denominator)
    return shown | {"previous": _print(previous.value), "change": _change(measure.value, previous.value)}


def _print(value: Exact) -> int | float | str | None:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _change(now: Exact, before: Exact) -> float | None:
    if now is None or before is None or isinstance(now, date) or isinstance(before, date) or before == 0:
        return None
    return float(Fraction(now) / Fraction(before) - 1)


def _points(now: Exact, before: Exact) -> float | None:
    if now is None or before is None or isinstance(now, date) or isinstance(before, date):
        return None
    return float(Fraction(now) - Fraction(before))


def _counts(rate: Measure) -> tuple[int, int]:
    if not isinstance(rate.numerator, int) or not isinstance(rate.denominator, int):
        raise TypeError(f"no counts: {rate}")
    return rate.numerator, rate.denominator


def _rate_extras(now: Measure, before: Measure, same_lag: Measure) -> dict[str, Any]:
    (hits, persons), (hits_before, persons_before) = _counts(now), _counts(before)
    interval = statistics.wilson(hits, persons)
    return {
        "ci95": None if interval is None else list(interval),
        "p_value": statistics.conditional_p(hits, hits_before, persons, persons_before),
        "previous_same_lag": _print(same_lag.value),
    }


def _per_100_interval(measure: Measure) -> list[float] | None:
    if not isinstance(measure.numerator, int) or not isinstance(measure.denominator, Fraction):
        raise TypeError(f"no rate: {measure}")
    interval = statistics.poisson_rate(measure.numerator, measure.denominator)
    return None if interval is None else [100 * bound for bound in interval]
