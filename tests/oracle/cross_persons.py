"""Rules across feeds about persons and their dossiers; each finding stands on a row of the register."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from .control import is_one_sided, listed_at, overdue_at, unlisted_at
from .facts import Facts
from .people import REGISTER, RELEASES
from .register import CAME_ALONE, MUST_BE_MET
from .shapes import Row
from .values import day, flag, need_day, need_text, text

REOFFENDED = "3"  # close_reason 重新犯罪
DEREGISTERED = "3"  # residence status 死亡


@dataclass(frozen=True)
class Cross:
    """A finding of a rule across feeds; without a row where something is missing."""

    rule: str
    feed: str
    row: Row | None


def about(rule: str, rows: Iterable[Row]) -> list[Cross]:
    """One finding for each row."""
    return [Cross(rule, row.feed, row) for row in rows]


def handover(facts: Facts) -> Iterable[Cross]:
    """W23 (by the spell that matches a release), W24 and W25 (by the release that the dossier names)."""
    longest = timedelta(days=facts.district.handover_days)
    late: dict[str, Row] = {}
    for person, releases in facts.rows_of(RELEASES).items():
        for release in releases:
            spell = facts.matching_spell(person, release, facts.known_at)
            handed_over_on = None if spell is None else day(spell.row, "handed_over_on")
            if spell is None or handed_over_on is None:
                continue
            if handed_over_on - need_day(release, "released_on") > longest:
                late[spell.register_no] = spell.row
    yield from about("W23", late.values())

    release_by_no = {need_text(row, "release_no"): row for row in facts.rows(RELEASES)}
    for row in facts.rows(REGISTER):
        named = release_by_no.get(text(row, "release_no") or "")
        handed_over_on = day(row, "handed_over_on")
        if named is not None and handed_over_on is not None and handed_over_on < need_day(named, "released_on"):
            yield Cross("W24", row.feed, row)
        must_be_met = named is not None and text(named, "assessed_level") == MUST_BE_MET
        if text(row, "handover_mode") == CAME_ALONE and (flag(row, "is_key") or must_be_met):
            yield Cross("W25", row.feed, row)


def dossiers(facts: Facts) -> Iterable[Cross]:
    """W26 to W29."""
    for person, spells in facts.spells.items():
        held = [spell.row for spell in spells if spell.holds(facts.known_at)]
        if len(held) > 1:
            yield from about("W26", held)
        term_end = facts.term_end(person, facts.known_at)
        if term_end is not None and term_end < facts.known_at:
            yield from about("W27", held)
    for row in facts.rows(REGISTER):
        if day(row, "closed_on") is not None and text(row, "close_reason") is None:
            yield Cross("W28", row.feed, row)
        if text(row, "close_reason") == REOFFENDED and facts.people.of(row) not in facts.counted_offences:
            yield Cross("W29", row.feed, row)


def on_the_register(facts: Facts) -> Iterable[Cross]:
    """W34, W36, W37, W40, W41: by the qualifying spell of a person on the register."""
    residences = facts.residences_at(facts.known_at)
    assessments = facts.newest_assessments(facts.known_at)
    overdue = overdue_at(facts, facts.known_at)
    for person, spell in facts.on_register_at(facts.known_at).items():
        if person in residences and text(residences[person], "status") == DEREGISTERED:
            yield Cross("W34", residences[person].feed, residences[person])
        if assessments[person] is None:
            yield Cross("W36", REGISTER, spell.row)
        if person in overdue:
            yield Cross("W37", REGISTER, spell.row)
    yield from about("W40", [spell.row for spell in unlisted_at(facts, facts.known_at).values()])
    listed = listed_at(facts, facts.known_at).values()
    one_sided = [spell.row for spell in listed if is_one_sided(facts, spell, facts.known_at)]
    yield from about("W41", one_sided)


PERSON_RULES: tuple[Callable[[Facts], Iterable[Cross]], ...] = (handover, dossiers, on_the_register)
