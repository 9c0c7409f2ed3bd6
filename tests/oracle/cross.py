"""Rules across feeds, W20 to W51, as known at a day: one finding for each row concerned.

Rules about rows that are simply wrong or missing are here; rules about persons and their dossiers
are in ``cross_persons``.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, timedelta
from decimal import Decimal

from .contract import FEEDS
from .cross_persons import PERSON_RULES, Cross, about
from .facts import ASSESSMENTS, COLOURS, OFFENCES, RELIEF, VISITS, Facts, Period
from .measures import WHOLE, Table
from .people import OF_A_DOSSIER, PERSONAL, REGISTER, RELEASES
from .recidivism import rates
from .shapes import Row
from .support import TAKEN_BACK
from .values import (
    ONE_DAY,
    day,
    flag,
    money,
    month_end,
    need_day,
    need_text,
    number,
    quarter_end,
    quarter_name,
    quarter_start,
    text,
    years_on,
)

STAGES = ("1", "2", "3", "4")
NOTICE = timedelta(days=30)
POST_YEARS = 3
CROWD = 20
CHEAP, DEAR = Decimal(10), Decimal(50_000)


def cross_findings(facts: Facts) -> list[Cross]:
    """All findings across feeds."""
    return [found for rule in (*ROW_RULES, *PERSON_RULES) for found in rule(facts)]


def newest_delivery(facts: Facts, feed: str) -> date | None:
    """The newest delivery of a feed, one that repeats a file included."""
    days = [batch.delivered_on for batch in facts.delivered.batches if batch.feed == feed]
    days += [some for name, some in facts.delivered.duplicates if name == feed]
    return max((some for some in days if some <= facts.known_at), default=None)


def _alike(rows: Iterable[Row], likeness: Callable[[Row], tuple[Hashable, ...]]) -> list[Row]:
    """Rows that share all parts of a likeness with another row; a null part is like nothing."""
    groups: dict[tuple[Hashable, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if None not in likeness(row):
            groups[likeness(row)].append(row)
    return [row for group in groups.values() if len(group) > 1 for row in group]


def releases(facts: Facts) -> Iterable[Cross]:
    """W20 to W22."""
    rows = facts.rows(RELEASES)
    twice = _alike(rows, lambda row: (facts.people.of(row), day(row, "released_on")))
    yield from about("W20", twice)
    for row in rows:
        notified_on = day(row, "notified_on")
        if notified_on is not None and need_day(row, "released_on") - notified_on < NOTICE:
            yield Cross("W21", row.feed, row)
    newest = newest_delivery(facts, REGISTER)
    if newest is None:
        return
    ever = Period(date.min, date.max, facts.known_at)
    limit = newest - timedelta(days=facts.district.handover_days)
    for person, several in facts.rows_of(RELEASES).items():
        for row in several:
            is_waiting = facts.is_due(row, ever) and need_day(row, "released_on") < limit
            if is_waiting and facts.matching_spell(person, row, facts.known_at) is None:
                yield Cross("W22", row.feed, row)


def offences(facts: Facts) -> Iterable[Cross]:
    """W30 to W33."""
    for person, counted in facts.counted_offences.items():
        if not facts.spells_of(person):
            yield from about("W30", [offence.row for offence in counted])
    for person, rows in facts.rows_of(OFFENCES).items():
        first = min((need_day(row, "released_on") for row in facts.releases_of(person)), default=None)
        early = [row for row in rows if first is not None and need_day(row, "offended_on") < first]
        yield from about("W31", early)
        yield from about("W32", _alike(rows, lambda row: (day(row, "offended_on"), text(row, "offence"))))
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in facts.accepted(OFFENCES):
        if not row.withdrawn:
            versions[need_text(row, "record_no")].append(row)
    for rows in versions.values():
        for before, after in itertools.pairwise(rows):
            old, new = text(before, "case_stage"), text(after, "case_stage")
            if old in STAGES and new in STAGES and STAGES.index(new) < STAGES.index(old):
                yield Cross("W33", after.feed, after)


def plans_and_visits(facts: Facts) -> Iterable[Cross]:
    """W35, W38, W39, W49."""
    for row in facts.rows(ASSESSMENTS):
        due_on = need_day(row, "assessed_on") + timedelta(days=3)
        plan_on = day(row, "plan_on")
        is_late = facts.known_at > due_on if plan_on is None else plan_on > due_on
        if COLOURS[need_text(row, "colour")] == "红" and is_late:
            yield Cross("W35", row.feed, row)
    township_of = {need_text(row, "register_no"): text(row, "township") for row in facts.rows(REGISTER)}
    crowds: dict[tuple[str, date, str], list[Row]] = defaultdict(list)
    for row in facts.rows(VISITS):
        township, visitor = township_of.get(need_text(row, "register_no")), text(row, "visitor")
        if township is not None and visitor is not None:
            crowds[township, need_day(row, "visited_on"), visitor].append(row)
    for rows in crowds.values():
        if len(rows) > CROWD:
            yield from about("W38", rows)
    last_month = month_end(facts.known_at.replace(day=1))
    if last_month > facts.known_at:
        last_month = facts.known_at.replace(day=1) - ONE_DAY
    swept = {
        text(row, "township")
        for row in facts.rows("justice.sweeps")
        if need_day(row, "month") == last_month.replace(day=1)
    }
    for code in facts.district.townships:
        if code not in swept:
            yield Cross("W39", "justice.sweeps", None)
    for feed in OF_A_DOSSIER:
        for row in facts.rows(feed):
            if not facts.people.knows_dossier(need_text(row, "register_no")):
                yield Cross("W49", feed, row)


def relief(facts: Facts) -> Iterable[Cross]:
    """W42 to W45; payments taken back are ignored."""
    rows = [row for feed in RELIEF for row in facts.rows(feed) if text(row, "status") != TAKEN_BACK]
    for row in rows:
        amount, paid_on = money(row, "amount_yuan"), day(row, "paid_on")
        if amount is not None and not CHEAP <= amount <= DEAR:
            yield Cross("W42", row.feed, row)
        person = facts.people.of(row)
        if person is not None and paid_on is not None and facts.covering(person, paid_on) is None:
            yield Cross("W44", row.feed, row)
        if paid_on is not None and paid_on < need_day(row, "granted_on"):
            yield Cross("W45", row.feed, row)
    twice = _alike(
        rows,
        lambda row: (
            facts.people.of(row),
            text(row, "relief_type"),
            day(row, "paid_on"),
            money(row, "amount_yuan"),
        ),
    )
    yield from about("W43", twice)


def work(facts: Facts) -> Iterable[Cross]:
    """W46 and W47."""
    for row in facts.rows("hr.public_posts"):
        started_on = day(row, "started_on")
        held_until = min(day(row, "ended_on") or facts.known_at, facts.known_at)
        if started_on is not None and held_until > years_on(started_on, POST_YEARS):
            yield Cross("W46", row.feed, row)
    rows = facts.rows("hr.training")
    for row in rows:
        if flag(row, "passed") and text(row, "certificate_no") is None:
            yield Cross("W47", row.feed, row)
    yield from about("W47", _alike(rows, lambda row: (text(row, "certificate_no"),)))


def unlinked(facts: Facts) -> Iterable[Cross]:
    """W48: not of dossiers' rows, whose rule is W49, nor of rows that a person has decided."""
    for feed in PERSONAL:
        if feed in OF_A_DOSSIER:
            continue
        for row in facts.rows(feed):
            if facts.people.of(row) is not None or facts.people.decided_nobody(row):
                continue
            if feed != OFFENCES and text(row, "id_no") is not None:
                continue
            if feed != "hr.public_posts" or text(row, "name") is not None:
                yield Cross("W48", feed, row)


def city(facts: Facts) -> Iterable[Cross]:
    """W50: the quarter that ended last."""
    first = quarter_start(facts.known_at)
    if quarter_end(first) > facts.known_at:
        first = quarter_start(first - ONE_DAY)
    table = Table(facts.district.townships)
    rates(facts, Period(first, quarter_end(first), quarter_end(first)), table)
    own = (table["recidivism.reoffenders", WHOLE].value, table["recidivism.at_risk", WHOLE].value)
    for row in facts.rows("city.benchmarks"):
        is_own = text(row, "district") == facts.district.district_code and need_text(row, "quarter") == quarter_name(
            first
        )
        if is_own and (number(row, "reoffenders"), number(row, "at_risk_persons")) != own:
            yield Cross("W50", row.feed, row)


def late(facts: Facts) -> Iterable[Cross]:
    """W51: a feed that was never delivered is late too."""
    rhythm = facts.district.rhythm_days
    for feed in FEEDS:
        newest = newest_delivery(facts, feed)
        allowed = timedelta(days=rhythm.get(feed, rhythm["default"]))
        if newest is None or facts.known_at - newest > allowed:
            yield Cross("W51", feed, None)


ROW_RULES: tuple[Callable[[Facts], Iterable[Cross]], ...] = (
    *(releases, offences, plans_and_visits, relief),
    *(work, unlinked, city, late),
)
