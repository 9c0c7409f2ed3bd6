"""justice.risk_assessments, justice.visits, justice.sweeps and health.counselling: the work with each person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from reentry.demo.columns import Column, Table, pick
from reentry.demo.days import NONE, Ints, day
from reentry.demo.feed_releases import code, register_numbers
from reentry.demo.history import WRONG
from reentry.demo.versions import Change, Rows, by_delivery, number, numbered, with_changes
from reentry.demo.world import World

_VISITS_SINCE = (date(2022, 7, 1), date(2024, 7, 1), date(2025, 1, 1))  # by size: so many persons are visited often
_ALLOWED = np.array([92, 7, 15, 31, 92])  # days between visits by colour; 0 without colour
_REASONS = (
    "无固定收入",
    "居无定所",
    "涉毒前科",
    "情绪不稳",
    "家庭矛盾",
    "与同案犯来往",
    "拒绝帮教",
    "生活困难",
    "身患疾病，无人照料",
)
_APPROVERS = ("王所长", "李所长", "张副局长", "陈科长", "刘主任")
_PROVIDERS = ("区精神卫生中心", "区人民医院心理科", "社区卫生服务中心", "心理健康服务站")


@dataclass(frozen=True)
class Colours:
    """Assessments of all spells, ordered by spell and day: ``spell``, ``assessed`` (days), ``colour`` 1–4."""

    spell: Ints
    assessed: Ints
    colour: Ints


def colours(world: World) -> Colours:
    """About one assessment a year and a half-year of each spell; colours change slowly, most end blue."""
    spells, plan, rng = world.register.spells, world.plan, world.stream("colours")
    start = np.maximum(spells.registered, day(date(2021, 7, 1) if plan.persons <= 100_000 else date(2023, 7, 1)))
    stop = np.where(spells.closed == NONE, plan.end, spells.closed)
    some = np.flatnonzero((stop > start) & (rng.random(len(spells)) > 0.015) & (spells.reason != WRONG))
    count = (stop[some] - start[some]) // 240 + 1
    spell = np.repeat(some, count)
    turn = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count)
    wait = np.minimum(rng.integers(0, 25, len(spell)), (stop - start)[spell])
    assessed = (start[spell] + turn * 240 + wait).astype(np.int32)
    good = assessed <= stop[spell]
    spell, assessed = spell[good], assessed[good]
    mood = rng.random(len(spells))
    key = spells.key[spell] == 1
    chance = np.where(rng.random(len(spell)) < 0.75, mood[spell], rng.random(len(spell)))
    chance = np.where(key, chance * 0.45, chance)
    colour = np.searchsorted([0.016, 0.07, 0.36], chance) + 1
    return Colours(spell, assessed, colour.astype(np.int8))


def risk_assessments(world: World, known: Colours) -> Rows:
    """Rows of justice.risk_assessments; plans of reds mostly within three days, some corrected in later."""
    rng, schedule = world.stream("assessments"), world.schedules["justice.risk_assessments"]
    order = np.argsort(known.assessed, kind="stable")
    spell, assessed, colour = known.spell[order], known.assessed[order], known.colour[order]
    n = len(order)
    delivery = schedule.first_after(assessed + np.where(rng.random(n) < 0.04, rng.integers(5, 60, n), 0))
    red = colour == 1
    planned = red & (rng.random(n) < 0.95)
    plan_on = np.where(planned, assessed + rng.choice([0, 1, 2, 3, 5, 9], n, p=[0.3, 0.3, 0.2, 0.14, 0.03, 0.03]), NONE)
    plan_on = np.where(plan_on > world.plan.end, NONE, plan_on)
    table = Table(
        {
            "assessment_no": numbered("PG", number(assessed)),
            "register_no": register_numbers(world).take(spell),
            "assessed_on": Column("date", assessed),
            "colour": code(colour, "colour"),
            "reason": pick(np.where(colour < 4, rng.integers(0, len(_REASONS), n), -1), _REASONS),
            "approver": pick(rng.integers(0, len(_APPROVERS), n), _APPROVERS),
            "plan_on": Column("date", plan_on.astype(np.int32)),
        },
        delivery,
    )
    late = np.flatnonzero(red & ~planned & (rng.random(n) < 0.5))
    when = np.minimum(assessed[late] + rng.integers(10, 60, len(late)), world.plan.end)
    change = Change(late, schedule.first_after(when), {"plan_on": when})
    fixed = np.flatnonzero((rng.random(n) < 0.005) & ~red)
    again = schedule.first_after(assessed[fixed] + 40)
    return by_delivery(with_changes(table, [change, Change(fixed, again, {"colour": colour[fixed] % 4 + 1})]))


def visits(world: World, known: Colours) -> Rows:
    """Rows of justice.visits, about in the rhythm of the colour; one person in fourteen is overdue at the end."""
    spells, plan, rng = world.register.spells, world.plan, world.stream("visits")
    begin = day(_VISITS_SINCE[int(np.searchsorted([100_000, 2_000_000], plan.persons))])
    stop = np.where(spells.closed == NONE, plan.end, spells.closed)
    first = np.full(len(spells), -1)
    first[known.spell[::-1]] = np.arange(len(known.spell))[::-1]
    following = np.append(known.spell[1:] == known.spell[:-1], False)
    ends = np.where(following, np.append(known.assessed[1:], 0), stop[known.spell])
    bare = np.flatnonzero(spells.reason != WRONG)
    until = np.where(first[bare] >= 0, known.assessed[first[bare]], stop[bare])
    spell = np.concatenate([bare, known.spell])
    start = np.maximum(np.concatenate([spells.registered[bare] + 2, known.assessed]), begin).astype(np.int64)
    end = np.concatenate([until, ends])
    allowed = _ALLOWED[np.concatenate([np.zeros(len(bare), np.int8), known.colour])]
    step = allowed * rng.uniform(0.62, 0.93, len(spell))
    first_wait = rng.random(len(spell)) * step * 0.5
    count = np.maximum(0, np.floor((end - start - first_wait) / step)).astype(np.int64) + (end - start > first_wait)
    row = np.repeat(np.arange(len(spell)), count)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    visited = (start[row] + first_wait[row] + turn * step[row]).astype(np.int32)
    spell = spell[row].astype(np.int32)
    lazy = rng.random(len(spells)) < 0.05
    shown = (visited <= stop[spell]) & (rng.random(len(row)) > 0.03)
    shown &= ~(lazy[spell] & (visited > plan.end - allowed[row] - 12))
    spell, visited = spell[shown], visited[shown]
    order = np.argsort(visited, kind="stable")
    spell, visited = spell[order], visited[order]
    n = len(order)
    schedule = world.schedules["justice.visits"]
    delivery = schedule.first_after(visited + np.where(rng.random(n, np.float32) < 0.05, rng.integers(5, 75, n), 0))
    chance = rng.random(n, np.float32)
    numbers = register_numbers(world)
    table = Table(
        {
            "visit_no": numbered("ZF", number(visited)),
            "register_no": Column("serial", numbers.values[spell], prefix=numbers.prefix, width=numbers.width),
            "visited_on": Column("date", visited),
            "visitor": code(np.searchsorted([0.55, 0.7, 0.85], chance).astype(np.int8) + 1, "visitor"),
            "mode": code(np.searchsorted([0.5, 0.85], rng.random(n, np.float32)).astype(np.int8) + 1, "visit_mode"),
            "conduct": code(np.searchsorted([0.7, 0.97], rng.random(n, np.float32)).astype(np.int8) + 1, "conduct"),
            "counselled": Column("flag", (rng.random(n, np.float32) < 0.07).astype(np.int8)),
        },
        delivery,
    )
    return by_delivery(table)


def sweeps(world: World) -> Rows:
    """Rows of justice.sweeps: every township every month, a few late, a few never."""
    rng, towns = world.stream("sweeps"), len(world.place.township_codes)
    firsts = np.arange(np.datetime64("2022-01"), np.datetime64("2025-06"))
    month = np.repeat(firsts.astype("datetime64[D]").astype(np.int32), towns)
    last = np.repeat((firsts + 1).astype("datetime64[D]").astype(np.int32) - 1, towns)
    town = np.tile(np.arange(towns), len(firsts))
    n = len(month)
    completed = last - rng.integers(0, 9, n) + np.where(rng.random(n) < 0.05, rng.integers(9, 25, n), 0)
    spells = world.register.spells
    open_ = np.bincount(spells.township[spells.closed == NONE], minlength=towns)
    checked = np.maximum(1, np.round(open_[town] * rng.uniform(0.85, 1.02, n))).astype(np.int64)
    table = Table(
        {
            "township": Column("township", town),
            "month": Column("month", month),
            "checked_persons": Column("integer", checked),
            "risks_found": Column("integer", rng.binomial(checked, 0.02).astype(np.int64)),
            "completed_on": Column("date", np.where(rng.random(n) < 0.02, NONE, completed).astype(np.int32)),
        },
        world.schedules["justice.sweeps"].first_after(completed),
    )
    fixed = np.flatnonzero(rng.random(n) < 0.01)
    again = world.schedules["justice.sweeps"].first_after(completed[fixed] + 30)
    table = with_changes(table, [Change(fixed, again, {"checked_persons": checked[fixed] + 2})])
    missed = rng.random(n) < 0.025
    missed[n - towns + int(rng.integers(0, towns))] = True  # one township swept nothing in the last month
    return by_delivery(table.take(np.flatnonzero(~missed[table.base])))


def counselling(world: World) -> Rows:
    """Rows of health.counselling, of persons of the register and of strangers."""
    rng, people, spells, plan = world.stream("counselling"), world.people, world.register.spells, world.plan
    some = rng.integers(0, len(spells), max(12, plan.persons // 4))
    begin = day(date(2022, 3, 1))
    stop = np.where(spells.closed[some] == NONE, plan.end, spells.closed[some] + 60)
    start = np.maximum(spells.registered[some], begin)
    when = start + (rng.random(len(some)) * (stop - start)).astype(np.int64)
    good = (stop > start) & (when <= plan.end)
    who, when = spells.person[some][good], when[good]
    strange = rng.integers(people.ours, len(people), len(who) // 3)
    who = np.concatenate([who, strange])
    when = np.concatenate([when, rng.integers(begin, plan.end, len(strange))]).astype(np.int32)
    order = np.argsort(when, kind="stable")
    who, when = who[order], when[order]
    n = len(who)
    delivery = world.schedules["health.counselling"].first_after(when + rng.integers(0, 25, n))
    table = Table(
        {
            "record_no": numbered("XL", number(when)),
            "name": pick(who, people.names),
            "id_no": pick(who, people.ids),
            "counselled_on": Column("date", when),
            "provider": pick(rng.integers(0, len(_PROVIDERS), n), _PROVIDERS),
        },
        delivery,
    )
    return by_delivery(table)
