"""Lives after prison: releases, spells on the register, offences. One round per release of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from reentry.demo.calibration import Plan
from reentry.demo.days import NONE, Bools, Ints, add_years, day
from reentry.demo.people import People

# Releases by year against a full year; the list was kept less carefully in the early years.
_YEARS = {
    2016: 0.45,
    2017: 0.60,
    2018: 0.80,
    2019: 1.0,
    2020: 1.0,
    2021: 1.0,
    2022: 1.0,
    2023: 1.0,
    2024: 1.0,
    2025: 0.46,
}
_MONTHS = np.array([1.5, 0.9, 0.9, 1.0, 1.0, 0.95, 1.0, 0.95, 1.05, 0.85, 0.95, 1.15])
_STAY_YEARS = 4.46  # mean years on the register: turns the number on it into a yearly flow
_ROUNDS = 4
NEVER = 10**6

DIED, REOFFENDED, MOVED, WRONG, OTHER, EXPIRED = 2, 3, 4, 5, 9, 1


@dataclass
class Releases:
    """One row per release certificate. Days as counts; ``person`` into People; ``level`` 1 重点, 2 一般."""

    person: Ints
    released: Ints
    kind: Ints
    term_end: Ints
    sentence: Ints
    admitted: Ints
    notified: Ints
    level: Ints
    prior: Ints
    handed: Ints


@dataclass
class Spells:
    """One row per dossier. ``release`` into Releases (-1 none); NONE for no day; -1 for no code."""

    person: Ints
    release: Ints
    township: Ints
    handed: Ints
    mode: Ints
    registered: Ints
    closed: Ints
    reason: Ints
    key: Ints

    def take(self, rows: Ints | Bools) -> Spells:
        """The given rows."""
        return Spells(**{name: values[rows] for name, values in vars(self).items()})

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Offences:
    """One row per offence that the police would know: whom, when, and whether it led back to prison."""

    person: Ints
    day: Ints
    jailed: Bools


@dataclass
class History:
    """What happened to everybody."""

    releases: Releases
    spells: Spells
    offences: Offences


def first_releases(rng: np.random.Generator, plan: Plan) -> Ints:
    """Days of the first releases, sorted, int32: as many as keep the planned number on the register."""
    flow = plan.on_register / _STAY_YEARS
    parts = []
    for year, share in _YEARS.items():
        start, stop = day(date(year, 1, 1)), min(day(date(year + 1, 1, 1)), plan.end - 1)
        days = np.arange(start, stop)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        weight = _MONTHS[months]
        count = max(1, round(flow * share)) if flow * share >= 0.5 else 0
        parts.append(rng.choice(days, count, p=weight / weight.sum()))
    return np.sort(np.concatenate(parts)).astype(np.int32)


def coming_releases(rng: np.random.Generator, plan: Plan, days: int) -> Ints:
    """Days of first releases in the ``days`` after the end, sorted, int32: as many as a full year would bring."""
    return np.sort(plan.end + rng.integers(1, days + 1, round(plan.on_register / _STAY_YEARS * days / 365.25))).astype(
        np.int32
    )


def _offence_after(rng: np.random.Generator, n: int) -> Ints:
    """Days from release to a further offence, most of them never: riskiest in the first year."""
    yearly = np.array([0.022, 0.015, 0.011, 0.009, 0.007])
    steps = rng.exponential(1.0, n)
    reached = np.concatenate([[0.0], np.cumsum(yearly)])
    inside = np.interp(steps, reached, np.arange(6) * 365.25, right=NEVER)
    return np.asarray(inside, dtype=np.int64)


def _round(
    rng: np.random.Generator, plan: Plan, people: People, person: Ints, released: Ints, prior: Ints, since: Ints
) -> History:
    """One release each, of a term begun after ``since``, and what follows it until the spell is over."""
    n = len(person)
    kind = rng.choice(np.array([1, 2, 3, 4]), n, p=[0.77, 0.115, 0.11, 0.005])
    term_end = add_years(released, np.where(kind == 3, 3, 5))
    sentence = np.clip(np.exp(rng.normal(2.9, 0.75, n)), 3, 300).astype(np.int32)
    admitted = np.maximum(released - sentence * 30.4 - rng.integers(-20, 20, n), since).astype(np.int32)
    sentence = np.maximum(1, np.round((released - admitted) / 30.4)).astype(np.int32)
    notified = (released - rng.choice([60, 45, 35, 31, 20, 10], n, p=[0.2, 0.4, 0.2, 0.1, 0.06, 0.04])).astype(np.int32)
    level = np.where(rng.random(n) < 0.08 + 0.1 * (prior > 0), 1, 2).astype(np.int8)
    slow = rng.random(n) < 0.03
    wait = np.where(slow, rng.integers(8, 40, n), rng.choice(8, n, p=[0.52, 0.2, 0.1, 0.06, 0.04, 0.03, 0.03, 0.02]))
    handed = np.minimum(released + wait, plan.end).astype(np.int32)
    own = people.township[person] >= 0
    # Everyone released this year was handed over; before, a few never were, and few strangers ever are.
    listed = np.where(own, (released >= day(date(2024, 12, 1))) | (rng.random(n) > 0.008), rng.random(n) < 0.06)
    handed = np.where(listed, handed, NONE).astype(np.int32)
    releases = Releases(
        person, released, kind.astype(np.int8), term_end, sentence, admitted, notified, level, prior, handed
    )
    registered = np.minimum(handed + rng.choice(8, n, p=[0.5, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05]), plan.end)

    offence = released + _offence_after(rng, n)
    for start, stop in (plan.quarter, plan.quarter_before):  # these are planned one by one
        offence = np.where((offence >= start) & (offence <= stop), NEVER, offence)
    jailed = rng.random(n) < 0.65
    arrest = np.where(jailed, np.maximum(offence + rng.integers(15, 150, n), registered + 1), NEVER)
    late = np.where(rng.random(n) < 0.03, NEVER, rng.integers(0, 26, n))
    ends = np.stack(
        [
            term_end + late,
            registered + 30 + rng.exponential(365.25 / 0.006, n),
            arrest,
            registered + 60 + rng.exponential(365.25 / 0.007, n),
            registered + 60 + rng.exponential(365.25 / 0.004, n),
        ]
    ).astype(np.int64)
    which = ends.argmin(axis=0)
    closed = ends[which, np.arange(n)]
    reason = np.array([EXPIRED, DIED, REOFFENDED, MOVED, OTHER])[which]
    open_ = closed > plan.end
    home = rng.integers(0, 10**6, n) % max(1, int(people.township.max()) + 1)
    town = np.where(own, people.township[person], home).astype(np.int16)
    key = ((level == 1) & (rng.random(n) < 0.9)) | (rng.random(n) < 0.01)
    mode = rng.choice([1, 2, 3, 4, 5, 6, 99], n, p=[0.17, 0.2, 0.38, 0.05, 0.1, 0.08, 0.02])
    strict = (key | (level == 1)) & ((released >= plan.year_start) | (rng.random(n) < 0.96))
    mode = np.where(strict & (mode == 6), 3, mode)
    spells = Spells(
        person,
        np.arange(n),
        town,
        handed,
        mode.astype(np.int8),
        registered.astype(np.int32),
        np.where(open_, NONE, closed).astype(np.int32),
        np.where(open_, -1, reason).astype(np.int8),
        key.astype(np.int8),
    ).take(listed)
    gone = np.where((which == 1) | (which == 3), closed, NEVER)
    real = (offence <= plan.end) & (offence < gone) & (offence > released)
    offences = Offences(person[real], offence[real].astype(np.int32), (jailed & (which == 2))[real])
    return History(releases, spells, offences)


def simulate(rng: np.random.Generator, plan: Plan, people: People, firsts: Ints) -> History:
    """All rounds, joined: whoever goes back to prison is released again while there is time."""
    person, released = np.arange(people.ours), firsts
    since = people.birth[: people.ours] + 16 * 366
    prior = np.where(rng.random(people.ours) < 0.25, rng.integers(1, 5, people.ours), 0).astype(np.int8)
    rounds: list[History] = []
    for _ in range(_ROUNDS):
        made = _round(rng, plan, people, person, released, prior, since)
        made.spells.release += sum(len(r.releases.person) for r in rounds)
        rounds.append(made)
        back = made.spells.reason == REOFFENDED
        who, when = made.spells.person[back], made.spells.closed[back]
        again = when + np.clip(np.exp(rng.normal(5.6, 0.6, len(who))), 95, 2000).astype(np.int32)
        soon = again < plan.end - 1
        at = np.searchsorted(person, who[soon])
        prior = (prior[at] + 1).astype(np.int8)
        person, released, since = who[soon], again[soon].astype(np.int32), when[soon]
        if not len(person):
            break
    return History(
        Releases(**{k: np.concatenate([getattr(r.releases, k) for r in rounds]) for k in vars(rounds[0].releases)}),
        Spells(**{k: np.concatenate([getattr(r.spells, k) for r in rounds]) for k in vars(rounds[0].spells)}),
        Offences(**{k: np.concatenate([getattr(r.offences, k) for r in rounds]) for k in vars(rounds[0].offences)}),
    )
