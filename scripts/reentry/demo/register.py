"""The register as it really looks: transfers, double and wrong dossiers, and the counts that the letter names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from reentry.demo.calibration import Plan
from reentry.demo.days import NONE, Bools, Ints, day
from reentry.demo.history import EXPIRED, MOVED, OTHER, REOFFENDED, WRONG, History, Spells
from reentry.demo.people import People

_SLACK = 60  # days around New Year in which closings may be moved
_REACH = 60  # closings that may be moved over one New Year
_MORE = 4  # reoffenders beyond the plan, at most, when the numbers fit better
_EXACT = 0.0004  # a change this near to the letter's prints like it


@dataclass
class Register:
    """Dossiers, who offends in the two planned quarters, and who is under dual management.

    ``offenders`` and ``offenders_before`` are positions of spells; ``dual_*`` has the length of ``spells``;
    ``unknown`` are releases that no prison ever reported, ``kept`` spells that the letter's counts rest on.
    """

    spells: Spells
    offenders: Ints
    offenders_before: Ints
    dual_direction: Ints
    dual_from: Ints
    dual_to: Ints
    dual_ack: Ints
    dual_district: Ints
    unknown: Ints
    kept: Bools


def _some(rng: np.random.Generator, where: Bools, count: int) -> Ints:
    """Up to ``count`` different positions where the condition holds, sorted."""
    found = np.flatnonzero(where)
    return np.sort(rng.permutation(found)[: max(0, count)])


def join_spells(parts: list[Spells]) -> Spells:
    """Spells below one another."""
    return Spells(**{k: np.concatenate([getattr(p, k) for p in parts]) for k in vars(parts[0])})


def _transfers(rng: np.random.Generator, plan: Plan, spells: Spells, towns: int) -> Spells:
    """Some move house: the first dossier closes on the day the second opens; a few overlap by mistake."""
    if towns < 2:
        return spells
    ends = np.where(spells.closed == NONE, plan.end, spells.closed)
    moved = _some(rng, ends - spells.registered > 240, round(0.04 * len(spells)))
    first, second = spells, spells.take(moved)
    turn = (
        spells.registered[moved] + 60 + rng.random(len(moved)) * (ends[moved] - spells.registered[moved] - 120)
    ).astype(np.int32)
    first = replace(first, closed=first.closed.copy(), reason=first.reason.copy())
    first.closed[moved] = turn
    first.reason[moved] = np.where(rng.random(len(moved)) < 0.5, MOVED, OTHER)
    overlap = np.where(rng.random(len(moved)) < 0.08, rng.integers(1, 20, len(moved)), 0)
    second.registered = (turn - overlap).astype(np.int32)
    second.township = ((second.township + rng.integers(1, towns, len(moved))) % towns).astype(np.int16)
    second.handed = np.where(rng.random(len(moved)) < 0.5, second.handed, NONE).astype(np.int32)
    second.mode = np.where(second.handed == NONE, -1, second.mode).astype(np.int8)
    return join_spells([first, second])


def _mistakes(rng: np.random.Generator, plan: Plan, spells: Spells, towns: int) -> Spells:
    """Wrong dossiers (错列) and persons listed twice."""
    n = len(spells)
    wrong = spells.take(_some(rng, spells.registered < plan.end - 80, max(2, round(0.006 * n))))
    size = len(wrong)
    wrong.registered = (wrong.registered + rng.integers(-30, 60, size)).astype(np.int32)
    wrong.registered = np.minimum(wrong.registered, plan.end - 30).astype(np.int32)
    shut = rng.random(size) < 0.85
    wrong.closed = np.where(shut, wrong.registered + rng.integers(1, 30, size), NONE).astype(np.int32)
    wrong.reason = np.full(size, WRONG, dtype=np.int8)
    twice = spells.take(
        _some(rng, (spells.closed == NONE) & (spells.registered < plan.end - 200), max(2, round(0.003 * n)))
    )
    twice.registered = (twice.registered + rng.integers(3, 120, len(twice))).astype(np.int32)
    twice.township = ((twice.township + rng.integers(0, 2, len(twice))) % towns).astype(np.int16)
    return join_spells([spells, wrong, twice])


def _distinct(persons: Ints) -> Ints:
    return np.flatnonzero(np.bincount(persons))


def persons_on(spells: Spells, when: int) -> Ints:
    """Persons on the register at the end of a day, each once."""
    open_ = (spells.registered <= when) & ((spells.closed == NONE) | (when < spells.closed))
    return _distinct(spells.person[open_ & (spells.reason != WRONG)])


def persons_at_risk(spells: Spells, window: tuple[int, int]) -> Ints:
    """Persons at risk in a window, each once."""
    start, stop = window
    inside = (spells.registered <= stop) & ((spells.closed == NONE) | (spells.closed >= start))
    return _distinct(spells.person[inside & (spells.reason != WRONG)])


def _single(spells: Spells) -> Bools:
    """Spells of persons who have just this one row."""
    return np.asarray(np.bincount(spells.person)[spells.person] == 1)


def _fix_on_register(rng: np.random.Generator, plan: Plan, spells: Spells, kept: Bools) -> None:
    """Exactly the planned number on the register at the end: by closings that are made or not made."""
    surplus = len(persons_on(spells, plan.end)) - plan.on_register
    single = _single(spells) & ~kept
    if surplus > 0:
        stay = single & (spells.closed == NONE) & (spells.registered < plan.end - 500)
        shut = _some(rng, stay, surplus)
        spells.closed[shut] = plan.end - rng.integers(5, 300, len(shut))
        spells.reason[shut] = OTHER
    elif surplus < 0:
        late = single & (spells.reason == EXPIRED) & (spells.closed != NONE)
        order = np.argsort(-np.where(late, spells.closed, NONE + 1), kind="stable")[:-surplus]
        order = order[late[order]]
        spells.closed[order] = NONE
        spells.reason[order] = -1


def _shift(rng: np.random.Generator, spells: Spells, border: int, count: int, kept: Bools) -> None:
    """Moves closings over a New Year so that ``count`` more (or fewer) persons are at risk after it."""
    free = _single(spells) & ~kept & (spells.closed != NONE) & (spells.reason != WRONG)
    free &= spells.registered < border - _SLACK - 5
    if count > 0:
        moved = _some(rng, free & (spells.closed < border) & (spells.closed >= border - _SLACK), count)
        spells.closed[moved] = border + rng.integers(0, 20, len(moved))
        return
    moved = _some(rng, free & (spells.closed >= border) & (spells.closed < border + _SLACK), -count)
    spells.closed[moved] = border - 1 - rng.integers(0, 20, len(moved))


def _moves(plan: Plan, now: int, before: int, ratio: float) -> tuple[float, int, int]:
    """How many more must be at risk now, and before, for the letter's change: as few as possible, and the effort.

    ``ratio`` is reoffenders before per reoffender now.
    """
    best = (float("inf"), 0, 0)
    reach = max(5, min(_REACH, round(_REACH * plan.scale / 2)))
    for more_now in range(-reach, reach + 1):
        wanted = plan.rate_ratio * ratio * (now + more_now)
        more_before = round(wanted) - before
        error = abs(round(wanted) / wanted - 1) * plan.rate_ratio if wanted else 1.0
        too_far = 20.0 * max(0, abs(more_before) - reach)
        effort = abs(more_now) + abs(more_before) + too_far + (100 * error / _EXACT if error > _EXACT else 0)
        best = min(best, (effort, more_now, more_before))
    return best


def _counts(plan: Plan, now: int, before: int) -> tuple[int, int]:
    """Reoffenders now and before that need the least moving of closings for the letter's change."""
    best = (float("inf"), plan.reoffenders, 2 * plan.reoffenders)
    for a in range(plan.reoffenders, plan.reoffenders + _MORE):
        guess = round(a * before / (max(now, 1) * plan.rate_ratio))
        for b in range(max(a, guess - 3), guess + 4):
            effort = _moves(plan, now, before, b / a)[0] + 40.0 * min(1.0, plan.scale) * (a - plan.reoffenders)
            best = min(best, (effort, a, b))
    return best[1:]


def _offenders(rng: np.random.Generator, plan: Plan, spells: Spells, window: tuple[int, int], count: int) -> Ints:
    """Spells of different persons, at risk from before a window; one of them closes inside it if any does."""
    start, stop = window
    single = _single(spells) & (spells.reason != WRONG) & (spells.registered < start - 40) & (spells.release >= 0)
    leaving = single & (spells.closed > start + 5) & (spells.closed <= stop) & (spells.reason == EXPIRED)
    staying = single & ((spells.closed == NONE) | (spells.closed > max(stop + 400, plan.end)))
    first = _some(rng, leaving, 1)
    return np.concatenate([_some(rng, staying, count - len(first)), first])


def _jail(rng: np.random.Generator, spells: Spells, offenders: Ints, window: tuple[int, int], until: int) -> None:
    """Half of the offenders of the earlier quarter go to prison within the year."""
    inside = offenders[spells.closed[offenders] == NONE]
    jailed = inside[: len(inside) // 2]
    spells.closed[jailed] = rng.integers(window[1] + 30, until, len(jailed))
    spells.reason[jailed] = REOFFENDED


def _dual(rng: np.random.Generator, plan: Plan, people: People, spells: Spells) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Dual management: exactly the planned persons at the end; others before, and some of closed dossiers."""
    n = len(spells)
    direction, acked, away = np.full(n, -1, np.int8), np.full(n, NONE, np.int32), np.full(n, -1, np.int16)
    begun, ended = np.full(n, NONE, np.int32), np.full(n, NONE, np.int32)
    single = _single(spells) & (spells.reason != WRONG) & (spells.registered < plan.end - 60)
    open_ = single & (spells.closed == NONE)
    apart = people.lives[spells.person] != people.district[spells.person]
    listed = _some(rng, open_ & apart, plan.dual_listed * 3 // 4)
    rest = open_.copy()
    rest[listed] = False
    listed = np.concatenate([listed, _some(rng, rest & ~apart, plan.dual_listed - len(listed))])
    rest[listed] = False
    over = _some(rng, rest, max(2, plan.dual_listed // 3))
    shut = _some(rng, single & (spells.closed != NONE), plan.dual_listed)
    chosen = np.concatenate([listed, over, shut])
    direction[chosen] = np.where(apart[chosen], 1, rng.integers(1, 3, len(chosen)))
    last = np.where(spells.closed[chosen] == NONE, plan.end, spells.closed[chosen])
    begun[chosen] = spells.registered[chosen] + (
        rng.random(len(chosen)) * (last - spells.registered[chosen]) * 0.8
    ).astype(int)
    ended[over] = np.minimum(begun[over] + rng.integers(10, 200, len(over)), plan.end)
    future = listed[: max(1, len(listed) // 9)]
    ended[future] = plan.end + rng.integers(1, 300, len(future))  # still listed today
    answered = chosen[rng.random(len(chosen)) < 0.82]
    acked[answered] = np.minimum(begun[answered] + rng.integers(2, 40, len(answered)), plan.end)
    away[chosen] = people.lives[spells.person[chosen]]
    return direction, begun, ended, acked, away


def make_register(rng: np.random.Generator, plan: Plan, people: People, history: History, *, towns: int) -> Register:
    """The register of all years, with the letter's counts built in."""
    spells = _transfers(rng, plan, history.spells, towns)
    spells = _mistakes(rng, plan, spells, towns)
    kept = np.zeros(len(spells), dtype=bool)
    _fix_on_register(rng, plan, spells, kept)
    now = _offenders(rng, plan, spells, plan.quarter, plan.reoffenders + _MORE - 1)
    new_year, year_before = day(date(2025, 1, 1)), day(date(2024, 1, 1))
    kept[now] = True
    free = replace(spells, registered=np.where(kept, plan.end, spells.registered))
    a, b = _counts(plan, len(persons_at_risk(spells, plan.quarter)), len(persons_at_risk(spells, plan.quarter_before)))
    before = _offenders(rng, plan, free, plan.quarter_before, b)
    kept[before] = True
    _jail(rng, spells, before, plan.quarter_before, new_year)
    _fix_on_register(rng, plan, spells, kept)
    for _ in range(4):
        at_risk, at_risk_before = (persons_at_risk(spells, w) for w in (plan.quarter, plan.quarter_before))
        _, more_now, more_before = _moves(plan, len(at_risk), len(at_risk_before), b / a)
        _shift(rng, spells, new_year, more_now, kept)
        _shift(rng, spells, year_before, more_before, kept)
        if not more_now and not more_before:
            break
    dual = _dual(rng, plan, people, spells)
    kept[(dual[0] >= 0) | (spells.handed >= plan.year_start)] = True
    alone = _some(rng, _single(spells) & ~kept & (spells.release >= 0), max(2, round(0.008 * len(spells))))
    unknown = spells.release[alone]
    spells.release[alone] = -1
    return Register(spells, now[-a:], before, *dual, unknown, kept)
