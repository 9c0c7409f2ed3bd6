"""Relief, work, city and money."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .facts import RELIEF, Facts, Period
from .ingest import in_force
from .measures import WHOLE, Measure, Table
from .shapes import Row
from .values import day, flag, money, need_day, need_text, number, quarter_name, quarters_inside, text

RELIEF_TYPES = {
    "1": "最低生活保障",
    "2": "特困人员供养",
    "3": "受灾救助",
    "4": "医疗救助",
    "5": "教育救助",
    "6": "住房救助",
    "7": "就业救助",
    "8": "临时救助",
}
TAKEN_BACK = "2"  # relief status 退回
NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Given:
    """A grant, or a payment, in the window to a person covered that day."""

    person: str
    relief_type: str
    township: str
    amount: Decimal


def grants(facts: Facts, period: Period) -> list[Given]:
    """The grants that count in a window."""
    rows_of: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for feed in RELIEF:
        for row in facts.rows(feed):
            if text(row, "status") != TAKEN_BACK:
                rows_of[feed, need_text(row, "grant_no")].append(row)
    found = []
    for rows in rows_of.values():
        rows.sort(key=lambda row: (need_day(row, "granted_on"), need_text(row, "payment_no")))
        granted_on = need_day(rows[0], "granted_on")
        person = next((who for who in map(facts.people.of, rows) if who is not None), None)
        if person is None or not period.has(granted_on):
            continue
        spell = facts.covering(person, granted_on)
        if spell is not None:
            found.append(Given(person, need_text(rows[0], "relief_type"), spell.township, NOTHING))
    return found


def payments(facts: Facts, period: Period) -> list[Given]:
    """The payments that count in a window."""
    found = []
    for feed in RELIEF:
        for person, rows in facts.rows_of(feed).items():
            for row in rows:
                paid_on = day(row, "paid_on")
                if text(row, "status") == TAKEN_BACK or paid_on is None or not period.has(paid_on):
                    continue
                spell = facts.covering(person, paid_on)
                if spell is not None:
                    amount = money(row, "amount_yuan") or NOTHING
                    found.append(Given(person, need_text(row, "relief_type"), spell.township, amount))
    return found


def relief(facts: Facts, period: Period, table: Table) -> None:
    """relief.*, in all, by type and by township."""
    granted, paid = grants(facts, period), payments(facts, period)
    _relief(table, granted, paid)
    for code, name in RELIEF_TYPES.items():
        of_type = [given for given in granted if given.relief_type == code]
        paid_of_type = [given for given in paid if given.relief_type == code]
        _relief(table, of_type, paid_of_type, (("relief_type", name),))
    for code, name in facts.district.townships.items():
        there = [given for given in granted if given.township == code]
        paid_there = [given for given in paid if given.township == code]
        _relief(table, there, paid_there, (("township", name),))


def _relief(table: Table, granted: list[Given], paid: list[Given], by: tuple[tuple[str, str], ...] = WHOLE) -> None:
    table.put("relief.grants", len(granted), by)
    table.put("relief.persons", len({given.person for given in granted}), by)
    if not by or by[0][0] != "township":
        table.put("relief.payments", len(paid), by)
    table.put("relief.amount_yuan", sum((given.amount for given in paid), NOTHING), by)


def work(facts: Facts, period: Period, table: Table) -> None:
    """posts.*, training.*, employment.*."""
    on_register = facts.on_register_at(period.as_of)
    posts = facts.rows("hr.public_posts")
    table.put("posts.developed", sum(period.has(day(row, "developed_on")) for row in posts))
    held = [
        row
        for person, rows in facts.rows_of("hr.public_posts").items()
        for row in rows
        if person in on_register and _is_held(row, period.as_of)
    ]
    table.put("posts.held", len(held))

    trained: set[str] = set()
    certificates = 0
    subsidy = NOTHING
    for person, rows in facts.rows_of("hr.training").items():
        for row in rows:
            started_on = need_day(row, "started_on")
            if period.has(started_on) and facts.covering(person, started_on) is not None:
                trained.add(person)
            has_certificate = flag(row, "passed") and text(row, "certificate_no") is not None
            certificates += has_certificate and period.has(day(row, "finished_on"))
            if period.has(day(row, "subsidy_paid_on")):
                subsidy += money(row, "subsidy_yuan") or NOTHING
    table.put("training.persons", len(trained))
    table.put("training.certificates", certificates)
    table.put("training.subsidy_yuan", subsidy)

    employed = [spell.township for person, spell in on_register.items() if _is_employed(facts, person, period.as_of)]
    table.count_by_township("employment.employed", employed)
    table.divide("employment.rate", "employment.employed", "register.on_register")


def _is_held(row: Row, as_of: date) -> bool:
    started_on, ended_on = day(row, "started_on"), day(row, "ended_on")
    return started_on is not None and started_on <= as_of and (ended_on is None or as_of < ended_on)


def _is_employed(facts: Facts, person: str, as_of: date) -> bool:
    records = facts.rows_of("hr.employment").get(person, [])
    known = [row for row in records if need_day(row, "recorded_on") <= as_of]
    if known:
        newest = max(known, key=lambda row: (need_day(row, "recorded_on"), need_text(row, "record_no")))
        return text(newest, "kind") in ("1", "3")
    return text(facts.on_register_at(as_of)[person].row, "placement") not in (None, "00")


def city_quarter(period: Period) -> str | None:
    """The last quarter wholly inside the window, such as ``2024Q4``."""
    quarters = quarters_inside(period.start, period.end)
    return quarter_name(quarters[-1]) if quarters else None


def city(facts: Facts, period: Period, table: Table) -> None:
    """city.*: the last quarter wholly inside the window."""
    quarter = city_quarter(period)
    published: dict[str, tuple[int, int]] = {}
    for row in facts.rows("city.benchmarks"):
        if quarter is not None and need_text(row, "quarter") == quarter:
            counts = (number(row, "reoffenders") or 0, number(row, "at_risk_persons") or 0)
            published[need_text(row, "district")] = counts
    own = published.get(facts.district.district_code)
    if own is None:
        table["city.rank", WHOLE] = Measure(None, None, len(published) if quarter is not None else None)
        table.put_ratio("city.rate", None, None)
        return
    better = sum(Fraction(*counts) < Fraction(*own) for counts in published.values())
    table["city.rank", WHOLE] = Measure(better + 1, None, len(published))
    table.put_ratio("city.rate", *own)


def budget(facts: Facts, period: Period, table: Table) -> None:
    """budget.*: of the list that was newest at the as-of, the year in which the window ends."""
    rows = _budget_of(facts, period)
    counted = _spending_of(facts, period)
    table.put(
        "budget.budget_yuan", sum((money(row, "budget_yuan") or NOTHING for row in rows), NOTHING) if rows else None
    )
    table.put(
        "budget.spent_yuan", sum((money(row, "spent_yuan") or NOTHING for row in counted), NOTHING) if counted else None
    )


def spent_as_of(facts: Facts, period: Period) -> date | None:
    """The earliest day up to which an item that counts states its spending."""
    return min((said for row in _spending_of(facts, period) if (said := day(row, "as_of")) is not None), default=None)


def _budget_of(facts: Facts, period: Period) -> list[Row]:
    known = in_force(facts.delivered, "finance.budget", min(facts.known_at, period.as_of))
    return [row for row in known if number(row, "year") == period.end.year]


def _spending_of(facts: Facts, period: Period) -> list[Row]:
    """Items that state no day, or one that is not after the as-of."""
    return [row for row in _budget_of(facts, period) if (day(row, "as_of") or date.min) <= period.as_of]
