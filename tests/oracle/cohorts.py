"""The cohort table: how soon after release, by quarter of release."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .facts import DIED, MOVED, Facts
from .people import REGISTER, RELEASES
from .shapes import Delivered, District, Row
from .statistics import Z95
from .values import day, need_day, quarter_end, quarter_name, quarter_start, text

OFFENCE, DEATH, CENSORED = 0, 1, 2  # in this order on the same day


@dataclass(frozen=True)
class FollowUp:
    """What came first after a release, and after how many days."""

    days: int
    kind: int


def cohorts(delivered: Delivered, district: District, as_of: date | None, known_at: date) -> list[dict[str, Any]]:
    """Every cohort at every horizon, as known at a day."""
    return cohort_table(Facts(delivered, district, known_at), as_of)


def cohort_table(facts: Facts, as_of: date | None) -> list[dict[str, Any]]:
    """Every cohort at every horizon; ``as_of`` is known-at unless given, and never after it."""
    until = min(as_of or facts.known_at, facts.known_at)
    subjects: dict[date, list[FollowUp]] = {}
    for person, releases in facts.rows_of(RELEASES).items():
        for release in releases:
            released_on = need_day(release, "released_on")
            if released_on <= until:
                followed = follow_up(facts, person, released_on, until)
                subjects.setdefault(quarter_start(released_on), []).append(followed)
    return [
        {
            "cohort": quarter_name(first),
            "horizon_days": horizon,
            **measures(followed, horizon),
            "complete": until >= quarter_end(first) + timedelta(days=horizon),
        }
        for first, followed in sorted(subjects.items())
        for horizon in facts.district.horizons
    ]


def follow_up(facts: Facts, person: str, released_on: date, until: date) -> FollowUp:
    """The first of offence, death and the end of sight."""
    dossiers = facts.rows_of(REGISTER).get(person, [])
    offended = [offence.offended for offence in facts.counted_offences.get(person, [])]
    found = [(some, OFFENCE) for some in offended]
    found += [(some, DEATH) for some in _closed(dossiers, DIED)]
    found += [(some, CENSORED) for some in _closed(dossiers, MOVED)]
    found.append((until, CENSORED))
    ended, kind = min((some, kind) for some, kind in found if released_on <= some <= until)
    return FollowUp((ended - released_on).days, kind)


def _closed(dossiers: list[Row], reason: str) -> list[date]:
    days = (day(row, "closed_on") for row in dossiers if text(row, "close_reason") == reason)
    return [some for some in days if some is not None]


def measures(followed: list[FollowUp], horizon: int) -> dict[str, Any]:
    """The estimates of one cohort at one horizon.

    Kaplan-Meier and Aalen-Johansen are exact fractions; only roots and logarithms are floating.
    """
    offences = Counter(one.days for one in followed if one.kind == OFFENCE and one.days <= horizon)
    deaths = Counter(one.days for one in followed if one.kind == DEATH and one.days <= horizon)
    staying = Fraction(1)  # nobody has reoffended, deaths censored
    untouched = Fraction(1)  # neither reoffended nor died
    incidence = Fraction(0)  # Aalen-Johansen
    greenwood = Fraction(0)
    for some in sorted(set(offences) | set(deaths)):
        there = sum(one.days >= some for one in followed)
        incidence += untouched * Fraction(offences[some], there)
        untouched *= 1 - Fraction(offences[some] + deaths[some], there)
        staying *= 1 - Fraction(offences[some], there)
        if offences[some] and offences[some] < there:
            greenwood += Fraction(offences[some], there * (there - offences[some]))
    events = offences.total()
    error, low, high = _bounds(float(staying), float(greenwood), events)
    return {
        "n": len(followed),
        "events": events,
        "n_at_risk": sum(one.days >= horizon for one in followed),
        "km_incidence": float(1 - staying),
        "km_se": error,
        "km_lo": low,
        "km_hi": high,
        "cif": float(incidence),
        "observed_rate": events / len(followed),
    }


def _bounds(staying: float, greenwood: float, events: int) -> tuple[float | None, float | None, float | None]:
    """Standard error, and log-log bounds of the incidence."""
    if events == 0:
        return 0.0, None, None
    if staying == 0:
        return None, None, None
    power = Z95 * math.sqrt(greenwood) / abs(math.log(staying))
    error = staying * math.sqrt(greenwood)
    return error, 1 - staying ** math.exp(-power), 1 - staying ** math.exp(power)
