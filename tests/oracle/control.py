"""Dual management, risk, visits, sweeps, counselling."""

from __future__ import annotations

from datetime import date, timedelta

from .facts import COLOURS, UNCOLOURED, VISITS, Facts, Period, Spell, qualifying
from .measures import Table
from .values import ONE_DAY, day, flag, month_end, months_inside, need_day, need_text, text

DIRECTIONS = {"1": "流出", "2": "流入"}
UNKNOWN = "未填"
COLOUR_NAMES = (*COLOURS.values(), UNCOLOURED)


def listed_at(facts: Facts, as_of: date) -> dict[str, Spell]:
    """Who is dually managed at a day, by which spell."""
    found = {}
    for person, spells in facts.spells.items():
        spell = qualifying(spell for spell in spells if spell.holds(as_of) and _is_dual(spell, as_of))
        if spell is not None:
            found[person] = spell
    return found


def _is_dual(spell: Spell, as_of: date) -> bool:
    since, until = day(spell.row, "dual_from"), day(spell.row, "dual_to")
    return since is not None and since <= as_of and (until is None or as_of < until)


def is_one_sided(facts: Facts, spell: Spell, as_of: date) -> bool:
    """Whether a listed spell has waited too long for the other side."""
    acknowledged = day(spell.row, "counterpart_ack_on")
    if acknowledged is not None and acknowledged <= as_of:
        return False
    return as_of - need_day(spell.row, "dual_from") > timedelta(days=facts.district.one_sided_days)


def roster(facts: Facts, as_of: date) -> dict[str, dict[str, object]]:
    """The rows of the roster at a day, by number of the dossier."""
    colours = facts.colours_at(as_of)
    found = {}
    for person, spell in listed_at(facts, as_of).items():
        colour, visited_on = colours[person], last_visit(facts, person, as_of)
        limit = timedelta(days=facts.district.visit_days[colour])
        acknowledged = day(spell.row, "counterpart_ack_on")
        found[need_text(spell.row, "register_no")] = {
            "township_name": facts.district.townships[spell.township],
            "dual_direction": DIRECTIONS.get(text(spell.row, "dual_direction") or "", UNKNOWN),
            "dual_from": need_day(spell.row, "dual_from"),
            "last_visited_on": visited_on,
            "colour": colour,
            "as_of": as_of,
            "is_acknowledged": acknowledged is not None and acknowledged <= as_of,
            "is_one_sided": is_one_sided(facts, spell, as_of),
            "days_overdue": None if visited_on is None else max((as_of - visited_on - limit).days, 0),
        }
    return found


def unlisted_at(facts: Facts, as_of: date) -> dict[str, Spell]:
    """Who lives elsewhere, is on the register and is not listed."""
    listed = listed_at(facts, as_of)
    residences = facts.residences_at(as_of)
    found = {}
    for person, spell in facts.on_register_at(as_of).items():
        if person in listed or person not in residences:
            continue
        household = text(residences[person], "household_district")
        residence = text(residences[person], "residence_district")
        if household is not None and residence is not None and household != residence:
            found[person] = spell
    return found


def dual(facts: Facts, period: Period, table: Table) -> None:
    """dual.*."""
    listed = listed_at(facts, period.as_of)
    table.count_by_township("dual.listed", [spell.township for spell in listed.values()])
    directions = [DIRECTIONS.get(text(spell.row, "dual_direction") or "", UNKNOWN) for spell in listed.values()]
    table.count_by("dual.listed", "dual_direction", (*DIRECTIONS.values(), UNKNOWN), directions)
    one_sided = [spell for spell in listed.values() if is_one_sided(facts, spell, period.as_of)]
    table.count_by_township("dual.one_sided", [spell.township for spell in one_sided])
    unlisted = unlisted_at(facts, period.as_of)
    table.count_by_township("dual.unlisted", [spell.township for spell in unlisted.values()])


def risk(facts: Facts, period: Period, table: Table) -> None:
    """risk.*."""
    on_register = facts.on_register_at(period.as_of)
    colours = facts.colours_at(period.as_of)
    table.count_by_township("risk.colour", [spell.township for spell in on_register.values()])
    table.count_by("risk.colour", "colour", COLOUR_NAMES, colours.values())
    coloured = [(on_register[person].township, colour) for person, colour in colours.items()]
    for code, name in facts.district.townships.items():
        for colour in COLOUR_NAMES:
            by = (("township", name), ("colour", colour))
            table.put("risk.colour", coloured.count((code, colour)), by)

    library = facts.library_at(period.as_of)
    table.count_by_township("risk.in_library", [spell.township for spell in library.values()])
    at_end, before = facts.library_at(period.end), facts.library_at(period.start - ONE_DAY)
    entered = [spell.township for person, spell in at_end.items() if person not in before]
    left = [spell.township for person, spell in before.items() if person not in at_end]
    table.count_by_township("risk.entered", entered)
    table.count_by_township("risk.left", left)
    _red_with_plan(facts, period, table)


def _red_with_plan(facts: Facts, period: Period, table: Table) -> None:
    on_register = facts.on_register_at(period.as_of)
    red: list[str] = []
    planned: list[str] = []
    for person, row in facts.newest_assessments(period.as_of).items():
        if row is None or COLOURS[need_text(row, "colour")] != "红":
            continue
        red.append(on_register[person].township)
        plan_on = day(row, "plan_on")
        if plan_on is not None and plan_on <= period.as_of:
            planned.append(on_register[person].township)
    table.put_part("risk.red_with_plan", len(planned), len(red))
    for code, name in facts.district.townships.items():
        table.put_part("risk.red_with_plan", planned.count(code), red.count(code), (("township", name),))


def last_visit(facts: Facts, person: str, as_of: date) -> date | None:
    """The day of the last visit to any file of a person, by a day."""
    visits = (need_day(row, "visited_on") for row in facts.rows_of(VISITS).get(person, []))
    return max((some for some in visits if some <= as_of), default=None)


def overdue_at(facts: Facts, as_of: date) -> set[str]:
    """Who is on the register at a day without a visit recent enough for the colour."""
    found = set()
    for person, colour in facts.colours_at(as_of).items():
        visited_on = last_visit(facts, person, as_of)
        if visited_on is None or as_of - visited_on > timedelta(days=facts.district.visit_days[colour]):
            found.add(person)
    return found


def visits(facts: Facts, period: Period, table: Table) -> None:
    """visits.* and counselling.sessions."""
    townships: list[str] = []
    sessions = 0
    for person, rows in facts.rows_of(VISITS).items():
        for row in rows:
            visited_on = need_day(row, "visited_on")
            spell = facts.covering(person, visited_on)
            if period.has(visited_on) and spell is not None:
                townships.append(spell.township)
                sessions += flag(row, "counselled")
    for person, rows in facts.rows_of("health.counselling").items():
        for row in rows:
            counselled_on = need_day(row, "counselled_on")
            sessions += period.has(counselled_on) and facts.covering(person, counselled_on) is not None
    table.count_by_township("visits.count", townships)
    overdue = overdue_at(facts, period.as_of)
    on_register = facts.on_register_at(period.as_of)
    fresh = [spell.township for person, spell in on_register.items() if person not in overdue]
    table.count_by_township("visits.up_to_date", fresh)
    table.divide("visits.rate", "visits.up_to_date", "register.on_register")
    table.put("counselling.sessions", sessions)


def sweeps(facts: Facts, period: Period, table: Table) -> None:
    """sweeps.*."""
    months = months_inside(period.start, period.end)
    done: list[str] = []
    for row in facts.rows("justice.sweeps"):
        month, completed_on = need_day(row, "month"), day(row, "completed_on")
        if month in months and completed_on is not None and completed_on <= month_end(month):
            done.append(need_text(row, "township"))
    townships = facts.district.townships
    table.count_by_township("sweeps.done", done)
    table.put_ratio("sweeps.rate", len(done), len(townships) * len(months))
    for code, name in townships.items():
        table.put_ratio("sweeps.rate", done.count(code), len(months), (("township", name),))
