"""police.reoffences: offences after release, as the police records grow."""

from __future__ import annotations

import numpy as np

from reentry.demo.columns import Column, Table, pick
from reentry.demo.days import NONE, Bools, Ints
from reentry.demo.feed_releases import OFFENCES, code, person_columns
from reentry.demo.versions import Change, Rows, by_delivery, number, numbered, with_changes
from reentry.demo.world import World

_UNITS = ("刑侦支队", "禁毒支队", "巴川派出所", "东城派出所", "安居派出所", "蒲吕派出所", "经侦支队", "治安支队")


def _planned(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Persons and days of the offences that the letter's rate rests on; on the closing day where the spell closes."""
    who, when = [], []
    for spells, window in (
        (world.register.offenders, world.plan.quarter),
        (world.register.offenders_before, world.plan.quarter_before),
    ):
        closed = world.register.spells.closed[spells]
        inside = (closed >= window[0]) & (closed <= window[1])
        when.append(np.where(inside, closed, rng.integers(window[0], window[1] + 1, len(spells))))
        who.append(world.register.spells.person[spells])
    return np.concatenate(who), np.concatenate(when)


def _traps(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Bools]:
    """Offences that never count: of strangers, before release, off the register; and dropped cases of settled persons.

    The third array says which are dropped.
    """
    plan, people, spells, facts = world.plan, world.people, world.register.spells, world.history.releases
    size = max(3, round(8 * plan.scale))
    strangers = rng.integers(people.ours, len(people), size)
    early = np.flatnonzero(facts.admitted < facts.released - 200)[: size * 40]
    early = rng.permutation(early)[:size]
    first = np.full(len(people), 10**6)
    np.minimum.at(first, facts.person, facts.released)
    before = first[facts.person[early]] - rng.integers(200, 600, len(early))
    gone = rng.permutation(np.flatnonzero((spells.closed != NONE) & (spells.closed < plan.quarter_before[0] - 20)))[
        :size
    ]
    settled = rng.permutation(world.settled)[:size]
    quarters = np.array([plan.quarter[0], plan.quarter_before[0]])
    who = np.concatenate([strangers, facts.person[early], spells.person[gone], spells.person[settled]])
    days = rng.integers(0, 89, len(who)) + quarters[rng.integers(0, 2, len(who))]
    days[len(strangers) : len(strangers) + len(early)] = before
    still = np.bincount(
        spells.person[(spells.closed == NONE) | (spells.closed >= plan.quarter_before[0])], minlength=len(people)
    )
    dropped = np.arange(len(who)) >= len(who) - len(settled)
    off = still[who] > 0
    middle = np.arange(len(who)) >= len(strangers) + len(early)
    return who, days, dropped | (off & middle)


def reoffences(world: World) -> Rows:
    """Rows of police.reoffences: each case delivered with a lag, its stages following as corrections."""
    rng, schedule, plan = world.stream("reoffences"), world.schedules["police.reoffences"], world.plan
    natural = world.history.offences
    planned, trap = _planned(world, rng), _traps(world, rng)
    who = np.concatenate([planned[0], natural.person, trap[0]])
    when = np.concatenate([planned[1], natural.day, trap[1]]).astype(np.int32)
    sure = np.arange(len(who)) < len(planned[0])
    dropped = np.zeros(len(who), dtype=bool)
    dropped[len(who) - len(trap[0]) :] = trap[2]
    dropped |= ~sure & (rng.random(len(who)) < 0.07)
    double = np.flatnonzero(rng.random(len(who)) < 0.08)
    case = np.concatenate([np.arange(len(who)), double])
    joint = np.flatnonzero((rng.random(len(who)) < 0.04) & (np.arange(len(who)) > 0))
    case[joint] = joint - 1
    who, when = np.concatenate([who, who[double]]), np.concatenate([when, when[double]])
    sure, dropped = np.concatenate([sure, sure[double]]), np.concatenate([dropped, dropped[double]])
    n = len(who)
    filed = when + np.where(sure, rng.integers(0, 20, n), rng.integers(0, 60, n))
    lag = np.where(rng.random(n) < 0.75, rng.integers(2, 45, n), rng.integers(45, 200, n))
    known = np.where(sure, np.minimum(filed + lag, plan.end), filed + lag)
    delivery = schedule.first_after(known)
    offence = rng.integers(0, len(OFFENCES), n)
    name, sex, id_no, birth = person_columns(world, who)
    table = Table(
        {
            "record_no": numbered("CF", number(when)),
            "case_no": numbered("A500", 20_000_000_000 + case),
            "name": name,
            "id_no": id_no,
            "birth_date": birth,
            "sex": sex,
            "offended_on": Column("date", when),
            "filed_on": Column("date", filed.astype(np.int32)),
            "case_kind": code(np.full(n, 1), "case_kind"),
            "offence": pick(offence, OFFENCES),
            "case_stage": code(np.full(n, 1), "case_stage"),
            "unit": pick(rng.integers(0, len(_UNITS), n), _UNITS),
        },
        delivery,
        fragile=sure | dropped,
    )
    changes, at = [], filed.astype(np.int64)
    # A dropped case of a settled person must be known as dropped by the day of the letter.
    last = np.where(dropped, np.minimum(filed + rng.integers(60, 200, n), plan.end), plan.end + 1)
    stop = np.where(dropped, rng.integers(1, 4, n), 9)  # the stage after which a case is dropped
    for stage, wait in ((2, (15, 50)), (3, (40, 110)), (4, (50, 180))):
        at = at + rng.integers(*wait, n)
        rows = np.flatnonzero((stop >= stage) & (at < last) & (rng.random(n) < 0.93))
        changes.append(Change(rows, schedule.first_after(at[rows]), {"case_stage": np.full(len(rows), stage)}))
    rows = np.flatnonzero(dropped)
    end = rng.choice([7, 8, 9], len(rows), p=[0.5, 0.35, 0.15])
    changes.append(Change(rows, schedule.first_after(last[rows]), {"case_stage": end}))
    back = rng.permutation(np.flatnonzero(~dropped & (filed < plan.end - 500)))[: max(2, n // 80)]
    when_back = schedule.first_after(filed[back] + 430)
    changes.append(Change(back, when_back, {"case_stage": rng.integers(1, 3, len(back))}))
    return by_delivery(with_changes(table, changes))
