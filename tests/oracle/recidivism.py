"""Recidivism figures."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from .facts import Facts, Offence, Period
from .measures import WHOLE, Measure, Table
from .values import number

DAYS_PER_YEAR = Fraction(1461, 4)


def rates(facts: Facts, period: Period, table: Table, recorded_by: date | None = None) -> dict[str, list[Offence]]:
    """reoffenders, at_risk and rate; gives the offences of each reoffender.

    ``recorded_by``: count only offences whose record was first delivered by that day.
    """
    offences: dict[str, list[Offence]] = {}
    for offence in facts.reoffences(period, recorded_by):
        offences.setdefault(offence.person, []).append(offence)
    at_risk = facts.at_risk(period)
    table.count_by_township("recidivism.reoffenders", [at_risk[person].township for person in offences])
    table.count_by_township("recidivism.at_risk", [spell.township for spell in at_risk.values()])
    table.divide("recidivism.rate", "recidivism.reoffenders", "recidivism.at_risk")
    return offences


def recidivism(facts: Facts, period: Period, table: Table) -> None:
    """recidivism.*, but for intervals and tests."""
    offences = rates(facts, period, table)
    events = len({(found.person, found.case_no) for several in offences.values() for found in several})
    days = sum(facts.covered_days(person, period) for person in facts.spells)
    person_years = Fraction(days) / DAYS_PER_YEAR
    table.put("recidivism.events", events)
    table.put("recidivism.person_years", person_years)
    per_100 = 100 * events / person_years if person_years else None
    table["recidivism.per_100_person_years", WHOLE] = Measure(per_100, events, person_years, is_ratio=True)
    repeated = sum(_is_repeated(facts, person, period.as_of) for person in offences)
    table.put_ratio("recidivism.repeat_share", repeated, len(offences))
    provisional = [person for person, several in offences.items() if not any(found.final for found in several)]
    table.put("recidivism.provisional", len(provisional))


def _is_repeated(facts: Facts, person: str, as_of: date) -> bool:
    releases = facts.releases_by(person, as_of)
    return len(releases) >= 2 or any((number(row, "prior_convictions") or 0) >= 1 for row in releases)
