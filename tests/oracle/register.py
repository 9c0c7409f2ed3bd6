"""Register and handover figures."""

from __future__ import annotations

from datetime import timedelta

from .facts import Facts, Period, Spell, qualifying
from .measures import Table
from .people import RELEASES
from .values import ONE_DAY, day, flag, need_day, text

CLOSE_REASONS = {"1": "期满", "2": "死亡", "3": "重新犯罪", "4": "迁出", "9": "其他"}
UNKNOWN = "未填"
LOST = "2"  # residence status 失联
MUST_BE_MET = "01"  # assessed_level 重点
CAME_ALONE = "06"  # handover_mode 自返


def register(facts: Facts, period: Period, table: Table) -> None:
    """register.* and contact.lost."""
    on_register = facts.on_register_at(period.as_of)
    keys = [spell for person, spell in on_register.items() if facts.is_key(person, spell, period.as_of)]
    table.count_by_township("register.on_register", [spell.township for spell in on_register.values()])
    table.count_by_township("register.key_persons", [spell.township for spell in keys])
    _opened_and_closed(facts, period, table)

    at_end = set(facts.on_register_at(period.end))
    before = set(facts.on_register_at(period.start - ONE_DAY))
    table.put("register.entered", len(at_end - before))
    table.put("register.left", len(before - at_end))

    past, expiring, lost = [], [], []
    residences = facts.residences_at(period.as_of)
    for person, spell in on_register.items():
        term_end = facts.term_end(person, period.as_of)
        if term_end is not None and term_end < period.as_of:
            past.append(spell.township)
        if term_end is not None and period.as_of <= term_end <= period.as_of + timedelta(days=90):
            expiring.append(spell.township)
        if person in residences and text(residences[person], "status") == LOST:
            lost.append(spell.township)
    table.count_by_township("register.past_term", past)
    table.count_by_township("register.expiring_90", expiring)
    table.count_by_township("contact.lost", lost)


def _opened_and_closed(facts: Facts, period: Period, table: Table) -> None:
    opened: list[Spell] = []
    closed: list[Spell] = []
    for spells in facts.spells.values():
        newest_opened = qualifying(spell for spell in spells if period.has(spell.opened))
        if newest_opened is not None:
            opened.append(newest_opened)
        newest_closed = qualifying(spell for spell in spells if period.has(spell.closed))
        if newest_closed is not None:
            closed.append(newest_closed)
    table.count_by_township("register.opened", [spell.township for spell in opened])
    table.count_by_township("register.closed", [spell.township for spell in closed])
    # "also by close_reason": a person whose spells were closed for two reasons has a spell closed for each
    persons_and_reasons = {
        (person, CLOSE_REASONS.get(text(spell.row, "close_reason") or "", UNKNOWN))
        for person, spells in facts.spells.items()
        for spell in spells
        if period.has(spell.closed)
    }
    reasons = [reason for _, reason in persons_and_reasons]
    table.count_by("register.closed", "close_reason", (*CLOSE_REASONS.values(), UNKNOWN), reasons)


def handover(facts: Facts, period: Period, table: Table) -> None:
    """handover.*."""
    due = done = on_time = key_due = key_escorted = 0
    for person, releases in facts.rows_of(RELEASES).items():
        for release in releases:
            if not facts.is_due(release, period):
                continue
            due += 1
            spell = facts.matching_spell(person, release, period.as_of)
            is_key = text(release, "assessed_level") == MUST_BE_MET
            is_key = is_key or (spell is not None and flag(spell.row, "is_key"))
            key_due += is_key
            if spell is None:
                continue
            done += 1
            last_day = need_day(release, "released_on") + timedelta(days=facts.district.handover_days)
            handed_over_on = day(spell.row, "handed_over_on")
            on_time += handed_over_on is not None and handed_over_on <= last_day
            key_escorted += is_key and text(spell.row, "handover_mode") not in (None, CAME_ALONE)
    table.put("handover.due", due)
    table.put("handover.done", done)
    table.put("handover.on_time", on_time)
    table.put_ratio("handover.rate", done, due)
    table.put("handover.key_due", key_due)
    table.put("handover.key_escorted", key_escorted)
    table.put_ratio("handover.key_rate", key_escorted, key_due)
