"""What all figures stand on: windows, spells, releases, offences, and the state on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from .ingest import accepted, in_force
from .people import PERSONAL, REGISTER, RELEASES, RESIDENCE, People
from .shapes import Delivered, District, Row
from .values import day, flag, need_day, need_text, text, years_on

OFFENCES = "police.reoffences"
VISITS = "justice.visits"
ASSESSMENTS = "justice.risk_assessments"
RELIEF = ("civil_affairs.relief", "housing.relief")
COLOURS = {"1": "红", "2": "橙", "3": "黄", "4": "蓝"}
UNCOLOURED = "未赋色"
MISTAKEN, DIED, MOVED = "5", "2", "4"  # close_reason 错列, 死亡, 迁出


@dataclass(frozen=True)
class Period:
    """A window and its as-of day; ``end`` is where everything in the window ends."""

    start: date
    end: date
    as_of: date

    def has(self, some: date | None) -> bool:
        """Whether a day lies in the window."""
        return some is not None and self.start <= some <= self.end


def periods(start: date, end: date, as_of: date | None, known_at: date) -> tuple[Period, Period]:
    """The window asked for and the one a year before: everything in each ends at min(E, D, K), with the same K."""
    day = end if as_of is None else as_of
    now = Period(start, min(end, day, known_at), day)
    end_before, day_before = years_on(end, -1), years_on(day, -1)
    return now, Period(years_on(start, -1), min(end_before, day_before, known_at), day_before)


@dataclass(frozen=True)
class Spell:
    """One time on the register: an accepted row that was not listed by mistake."""

    person: str
    register_no: str
    opened: date
    closed: date | None
    township: str
    row: Row

    def holds(self, some: date) -> bool:
        """On the register at the end of a day: the closing day is out."""
        return self.opened <= some and (self.closed is None or some < self.closed)

    def covers(self, some: date) -> bool:
        """Covered for events: the closing day is in."""
        return self.opened <= some and (self.closed is None or some <= self.closed)

    def at_risk(self, period: Period) -> bool:
        """At risk in a window."""
        return self.opened <= period.end and (self.closed is None or self.closed >= period.start)


def qualifying(spells: Iterable[Spell]) -> Spell | None:
    """Of several spells, the one opened last, then with the greatest register_no."""
    return max(spells, key=lambda spell: (spell.opened, spell.register_no), default=None)


@dataclass(frozen=True)
class Offence:
    """A counted offence."""

    person: str
    case_no: str
    record_no: str
    offended: date
    final: bool  # 判决生效
    row: Row


class Facts:
    """Everything known at the end of a day about the persons of a district."""

    def __init__(self, delivered: Delivered, district: District, known_at: date) -> None:
        """Nothing is computed before it is asked for."""
        self.delivered = delivered
        self.district = district
        self.known_at = known_at
        self.rows: Callable[[str], list[Row]] = cache(lambda feed: in_force(delivered, feed, known_at))
        self.accepted: Callable[[str], list[Row]] = cache(lambda feed: accepted(delivered, feed, known_at))
        self.on_register_at: Callable[[date], dict[str, Spell]] = cache(self._on_register_at)
        self.newest_assessments: Callable[[date], dict[str, Row | None]] = cache(self._newest_assessments)
        self.residences_at: Callable[[date], dict[str, Row]] = cache(self._residences_at)

    @cached_property
    def people(self) -> People:
        """Who is who."""
        return People(self.delivered, self.known_at, self.rows)

    @cached_property
    def _rows_of(self) -> dict[str, dict[str, list[Row]]]:
        found: dict[str, dict[str, list[Row]]] = {}
        for feed in PERSONAL:
            by_person: dict[str, list[Row]] = defaultdict(list)
            for row in self.rows(feed):
                person = self.people.of(row)
                if person is not None:
                    by_person[person].append(row)
            found[feed] = dict(by_person)
        return found

    def rows_of(self, feed: str) -> dict[str, list[Row]]:
        """The linked rows in force of a feed, by person."""
        return self._rows_of[feed]

    @cached_property
    def spells(self) -> dict[str, list[Spell]]:
        """The spells of every person who has one."""
        found: dict[str, list[Spell]] = defaultdict(list)
        for person, rows in self.rows_of(REGISTER).items():
            for row in rows:
                if text(row, "close_reason") == MISTAKEN:
                    continue
                spell = Spell(
                    person=person,
                    register_no=need_text(row, "register_no"),
                    opened=need_day(row, "registered_on"),
                    closed=day(row, "closed_on"),
                    township=need_text(row, "township"),
                    row=row,
                )
                found[person].append(spell)
        return dict(found)

    def spells_of(self, person: str) -> list[Spell]:
        """The spells of a person, maybe none."""
        return self.spells.get(person, [])

    def releases_of(self, person: str) -> list[Row]:
        """All release rows of a person in force."""
        return self.rows_of(RELEASES).get(person, [])

    def releases_by(self, person: str, as_of: date) -> list[Row]:
        """The releases that count as "any release" at a day."""
        return [row for row in self.releases_of(person) if need_day(row, "released_on") <= as_of]

    def covering(self, person: str, some: date) -> Spell | None:
        """The qualifying spell among those that cover a day; None when the person is not covered."""
        return qualifying(spell for spell in self.spells_of(person) if spell.covers(some))

    def at_risk(self, period: Period) -> dict[str, Spell]:
        """Who is at risk in a window, by which spell."""
        found = {}
        for person, spells in self.spells.items():
            spell = qualifying(spell for spell in spells if spell.at_risk(period))
            if spell is not None:
                found[person] = spell
        return found

    def covered_days(self, person: str, period: Period) -> int:
        """Days of the window on which the person is covered, each once."""
        days: set[int] = set()
        for spell in self.spells_of(person):
            first = max(spell.opened, period.start).toordinal()
            last = min(spell.closed or period.end, period.end).toordinal()
            days.update(range(first, last + 1))
        return len(days)

    def _on_register_at(self, as_of: date) -> dict[str, Spell]:
        found = {}
        for person, spells in self.spells.items():
            spell = qualifying(spell for spell in spells if spell.holds(as_of))
            if spell is not None:
                found[person] = spell
        return found

    @cached_property
    def counted_offences(self) -> dict[str, list[Offence]]:
        """The counted offences of every person, covered or not."""
        found: dict[str, list[Offence]] = defaultdict(list)
        for person, rows in self.rows_of(OFFENCES).items():
            released = [need_day(row, "released_on") for row in self.releases_of(person)]
            for row in rows:
                offended = need_day(row, "offended_on")
                if text(row, "case_kind") != "1" or text(row, "case_stage") in ("7", "8", "9"):
                    continue
                if released and offended < min(released):
                    continue
                found[person].append(
                    Offence(
                        person=person,
                        case_no=need_text(row, "case_no"),
                        record_no=need_text(row, "record_no"),
                        offended=offended,
                        final=text(row, "case_stage") == "4",
                        row=row,
                    )
                )
        return dict(found)

    @cached_property
    def first_delivered(self) -> dict[str, date]:
        """The day each offence record was first delivered and accepted, in any version."""
        found: dict[str, date] = {}
        for row in self.accepted(OFFENCES):
            record_no = need_text(row, "record_no")
            delivered_on = delivery_of(row)[0]
            found[record_no] = min(found.get(record_no, delivered_on), delivered_on)
        return found

    def reoffences(self, period: Period, recorded_by: date | None = None) -> list[Offence]:
        """The counted offences in a window while covered; of records delivered by a day, if given."""
        found = []
        for person, offences in self.counted_offences.items():
            for offence in offences:
                if not period.has(offence.offended) or self.covering(person, offence.offended) is None:
                    continue
                if recorded_by is None or self.first_delivered[offence.record_no] <= recorded_by:
                    found.append(offence)
        return found

    @cached_property
    def _checks(self) -> dict[str, list[Row]]:
        last_in_file: dict[tuple[object, ...], Row] = {}
        for row in self.accepted(RESIDENCE):
            place = (*delivery_of(row)[:2], row.key)
            if place not in last_in_file or last_in_file[place].row_no < row.row_no:
                last_in_file[place] = row
        found: dict[str, list[Row]] = defaultdict(list)
        for row in last_in_file.values():
            person = self.people.of(row)
            if person is not None:
                found[person].append(row)
        return dict(found)

    def _residences_at(self, as_of: date) -> dict[str, Row]:
        found = {}
        for person, rows in self._checks.items():
            known = [row for row in rows if need_day(row, "checked_on") <= as_of]
            if known:
                found[person] = max(known, key=lambda row: (need_day(row, "checked_on"), delivery_of(row)))
        return found

    def _newest_assessments(self, as_of: date) -> dict[str, Row | None]:
        """For everyone on the register at a day: the assessment that gives the colour, or None."""
        found: dict[str, Row | None] = {}
        for person, held in self.on_register_at(as_of).items():
            dossiers = {
                spell.register_no
                for spell in self.spells_of(person)
                if spell.closed is None or spell.closed >= held.opened
            }
            candidates = [
                row
                for row in self.rows_of(ASSESSMENTS).get(person, [])
                if text(row, "register_no") in dossiers and need_day(row, "assessed_on") <= as_of
            ]
            found[person] = max(
                candidates,
                key=lambda row: (need_day(row, "assessed_on"), need_text(row, "assessment_no")),
                default=None,
            )
        return found

    def colours_at(self, as_of: date) -> dict[str, str]:
        """The colour of everyone on the register at a day."""
        return {
            person: UNCOLOURED if row is None else COLOURS[need_text(row, "colour")]
            for person, row in self.newest_assessments(as_of).items()
        }

    def library_at(self, as_of: date) -> dict[str, Spell]:
        """Who is in the risk library at a day, by which spell."""
        colours = self.colours_at(as_of)
        on_register = self.on_register_at(as_of)
        return {person: spell for person, spell in on_register.items() if colours[person] in self.district.library}

    @cached_property
    def _unparsed(self) -> set[tuple[str | None, str, int | None, str | None]]:
        findings = self.delivered.findings
        return {(f.feed, f.file, f.row_no, f.column) for f in findings if f.rule in ("W01", "W15")}

    def is_empty(self, row: Row, column: str) -> bool:
        """Whether a null is a cell that was empty, not one that did not parse."""
        if row.values.get(column) is not None:
            return False
        path = row.batch.path if row.batch else Path()
        file = f"{path.parent.name}/{path.name}"
        return (row.feed, file, row.row_no, column) not in self._unparsed

    def is_due(self, release: Row, period: Period) -> bool:
        """Whether a linked release is due for handover in a window."""
        if not period.has(day(release, "released_on")):
            return False
        household = text(release, "household_district")
        return household == self.district.district_code or self.is_empty(release, "household_district")

    def matching_spell(self, person: str, release: Row, as_of: date) -> Spell | None:
        """The spell by which a release was handed over by a day, before the next release."""
        released_on = need_day(release, "released_on")
        later = [need_day(row, "released_on") for row in self.releases_of(person)]
        next_on = min((some for some in later if some > released_on), default=None)
        candidates: list[tuple[date, str, Spell]] = []
        for spell in self.spells_of(person):
            handed_over_on = day(spell.row, "handed_over_on")
            if handed_over_on is None or not released_on <= handed_over_on <= as_of:
                continue
            if next_on is None or handed_over_on < next_on:
                candidates.append((handed_over_on, spell.register_no, spell))
        return min(candidates, key=lambda found: found[:2])[2] if candidates else None

    def term_end(self, person: str, as_of: date) -> date | None:
        """The end of the term after the latest release known at a day; None without a release."""
        releases = self.releases_by(person, as_of)
        if not releases:
            return None
        latest = max(releases, key=lambda row: (need_day(row, "released_on"), need_text(row, "release_no")))
        years = self.district.term_years[need_text(latest, "release_type")]
        return years_on(need_day(latest, "released_on"), years)

    def is_key(self, person: str, spell: Spell, as_of: date) -> bool:
        """Whether a person on the register is a 重点对象."""
        if flag(spell.row, "is_key"):
            return True
        return any(text(row, "assessed_level") == "01" for row in self.releases_by(person, as_of))


def delivery_of(row: Row) -> tuple[date, int, int]:
    """Where a row stands in time: delivery day, position of the batch, row number."""
    if row.batch is None:
        raise ValueError(f"{row.feed} row {row.row_no} has no batch")
    return row.batch.delivered_on, row.batch.order, row.row_no
