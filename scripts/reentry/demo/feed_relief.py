"""civil_affairs.relief and housing.relief: grants and their payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from reentry.demo.columns import Column, Table, pick
from reentry.demo.days import NONE, Bools, Ints, day
from reentry.demo.feed_releases import code
from reentry.demo.versions import Change, Rows, by_delivery, numbered, with_changes
from reentry.demo.world import World

_TYPES = np.array([1, 2, 3, 4, 5, 6, 7, 8])
_SHARE = np.array([0.2, 0.02, 0.02, 0.08, 0.01, 0.04, 0.03, 0.6])
_HOUSING = 6
_MONTHLY = (1, 2)


@dataclass
class Payments:
    """One row per payment: ``grant`` number, ``person``, ``kind`` of relief, days ``granted`` and ``paid``, ``cents``.

    ``back`` is the day on which it is taken back. NONE where there is no such day or amount.
    """

    grant: Ints
    person: Ints
    kind: Ints
    granted: Ints
    paid: Ints
    cents: Ints
    back: Ints

    def take(self, rows: Ints | Bools) -> Payments:
        """The given rows."""
        return Payments(**{k: v[rows] for k, v in vars(self).items()})


def _join(parts: list[Payments]) -> Payments:
    return Payments(**{k: np.concatenate([getattr(p, k) for p in parts]) for k in vars(parts[0])})


def _amounts(rng: np.random.Generator, kind: Ints) -> Ints:
    """Cents by type of relief."""
    middle = np.array([0, 620, 930, 1500, 2600, 1800, 2400, 1200, 850])[kind]
    cents = np.round(middle * np.exp(rng.normal(0, 0.35, len(kind)))).astype(np.int64) * 100
    return np.where(rng.random(len(kind)) < 0.1, cents + rng.integers(1, 100, len(kind)), cents)


def _earlier(world: World, rng: np.random.Generator) -> Payments:
    """Grants since 2021, none of the year that the letter counts, with their payments; one in six to a stranger."""
    plan, people, spells = world.plan, world.people, world.register.spells
    size = max(8, round(430 * plan.scale))
    kind = rng.choice(_TYPES, size, p=_SHARE)
    granted = rng.integers(day(date(2021, 1, 1)), plan.year_start - 1, size)
    spell = rng.integers(0, len(spells), size * 3)
    when = np.repeat(granted, 3)
    stop = np.where(spells.closed[spell] == NONE, plan.end, spells.closed[spell])
    inside = ((spells.registered[spell] <= when) & (stop >= when)).reshape(size, 3)
    person = spells.person[spell.reshape(size, 3)[np.arange(size), inside.argmax(axis=1)]]
    strange = (rng.random(size) < 0.17) | ~inside.any(axis=1)
    person = np.where(strange, rng.integers(people.ours, len(people), size), person)
    monthly = np.isin(kind, _MONTHLY)
    months = np.where(monthly, rng.integers(6, 40, size), np.where(rng.random(size) < 0.15, 2, 1))
    row = np.repeat(np.arange(size), months)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(months) - months, months)
    paid = granted[row] + np.where(monthly[row], 12 + 30 * turn, rng.integers(1, 25, len(row)) + 5 * turn)
    base = _amounts(rng, kind)
    cents = np.where(monthly[row], base[row], _amounts(rng, kind[row]))
    in_kind = (kind[row] == _HOUSING) & (rng.random(len(row)) < 0.5)
    shown = (paid <= plan.end) & ~((kind[row] == 8) & (paid >= plan.year_start))
    made = Payments(row, person[row], kind[row], granted[row], paid, cents, np.full(len(row), NONE))
    made.paid = np.where(in_kind, NONE, made.paid)
    made.cents = np.where(in_kind, NONE, made.cents)
    made = made.take(shown)
    taken = np.flatnonzero((rng.random(len(made.paid)) < 0.015) & (made.paid != NONE) & (made.paid < plan.end - 60))
    made.back[taken] = made.paid[taken] + rng.integers(20, 55, len(taken))
    return made


def _this_year(world: World, rng: np.random.Generator, first: int) -> Payments:
    """The grants that the letter counts, with exactly its sum of emergency relief, and some that do not count."""
    plan, spells = world.plan, world.register.spells
    kinds = np.concatenate([np.full(count, kind) for kind, count in plan.grants.items()])
    size = len(kinds)
    settled = rng.permutation(spells.person[world.settled])
    pool = settled[: max(1, size - size // 18)]
    person = np.concatenate([pool, rng.choice(pool, max(0, size - len(pool)))])[:size]
    # The first grants are of different types: those of one person are not the same relief on the same day.
    granted = plan.year_start + np.sort(rng.integers(0, plan.end - plan.year_start - 20, size))
    granted = rng.permutation(granted)
    paid = np.minimum(granted + rng.integers(2, 18, size), plan.end - 1)
    cents = _amounts(rng, kinds)
    paid[kinds == _HOUSING] = NONE
    cents[kinds == _HOUSING] = NONE
    extra = np.full(size, NONE)
    made = Payments(first + np.arange(size), person, kinds, granted, paid, cents, extra)
    emergency = np.flatnonzero(kinds == 8)
    parts = [made]
    if len(emergency) > 6:
        made.granted[emergency[-1]] = plan.end - 6
        made.paid[emergency[-1]] = NONE  # granted, not paid yet
        again = made.take(emergency[:2])  # one grant, two payments
        again.paid = again.paid + 1
        again.cents = again.cents + 3_000
        carried = made.take(emergency[2:3])  # granted in December, paid in January
        carried.grant, carried.granted = carried.grant + size, np.array([plan.year_start - 12])
        carried.paid = np.array([plan.year_start + 6])
        returned = made.take(emergency[3:5])  # taken back: neither grant nor payment counts
        returned.grant = returned.grant + size
        returned.back = np.minimum(returned.paid + 10, plan.end)
        other = made.take(emergency[5:6])  # rows of a grant disagree: the earliest, of December, decides
        other.grant, other.paid = other.grant + size, np.array([NONE])
        late, early = other.take(np.array([0])), other
        early.granted, late.cents = np.array([plan.year_start - 3]), other.cents + 100
        late.granted = np.array([plan.year_start + 9])
        parts += [again, carried, returned, early, late]
    made = _join(parts)
    _balance(made, plan.emergency_cents, plan.year_start)
    return _join([made, _outside(world, rng, first + 3 * size)])


def _balance(made: Payments, total: int, start: int) -> None:
    """Makes the emergency payments of the year sum up to ``total`` cents, each in proportion."""
    counted = np.flatnonzero((made.kind == 8) & (made.paid >= start) & (made.back == NONE))
    scaled = made.cents[counted] * total // int(made.cents[counted].sum()) // 100 * 100
    scaled[0] += total - int(scaled.sum())
    made.cents[counted] = scaled


def _outside(world: World, rng: np.random.Generator, first: int) -> Payments:
    """Grants of the year that count for nobody: to strangers, and to persons off the register on that day."""
    plan, spells, people = world.plan, world.register.spells, world.people
    still = np.bincount(
        spells.person[(spells.closed == NONE) | (spells.closed >= plan.year_start - 60)], minlength=len(people)
    )
    gone = np.flatnonzero(
        (still[: people.ours] == 0) & (np.bincount(spells.person, minlength=len(people))[: people.ours] > 0)
    )
    count = max(2, round(9 * plan.scale))
    person = np.concatenate([rng.integers(people.ours, len(people), count), rng.permutation(gone)[:count]])
    kind = rng.choice(_TYPES, len(person), p=_SHARE)
    granted = plan.year_start + rng.integers(0, plan.end - plan.year_start - 30, len(person))
    paid = granted + rng.integers(1, 20, len(person))
    none = np.full(len(person), NONE)
    return Payments(first + np.arange(len(person)), person, kind, granted, paid, _amounts(rng, kind), none)


def relief(world: World) -> tuple[Rows, Rows]:
    """Rows of civil_affairs.relief and of housing.relief."""
    rng = world.stream("relief")
    before = _earlier(world, rng)
    facts = _join([before, _this_year(world, rng, int(before.grant.max(initial=0)) + 1)])
    housing = facts.kind == _HOUSING
    return (
        _feed(world, facts.take(~housing), "civil_affairs.relief", "MZ"),
        _feed(world, facts.take(housing), "housing.relief", "ZJ"),
    )


def _feed(world: World, facts: Payments, feed: str, prefix: str) -> Rows:
    rng, schedule, people = world.stream(feed), world.schedules[feed], world.people
    known = np.where(facts.paid == NONE, facts.granted, facts.paid)
    order = np.argsort(known, kind="stable")
    facts, known = facts.take(order), known[order]
    n = len(known)
    delivery = schedule.first_after(np.minimum(known + rng.integers(0, 12, n), world.plan.end))
    years = known.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    strange = rng.integers(0, len(world.place.township_codes), n)
    town = np.where(people.township[facts.person] >= 0, people.township[facts.person], strange)
    table = Table(
        {
            "payment_no": numbered(prefix + "FF", years * 100_000_000 + np.arange(n)),
            "grant_no": numbered(prefix + "SP", 20_000_000_0000 + facts.grant),
            "name": pick(facts.person, people.names),
            "id_no": pick(facts.person, people.ids),
            "township": Column("township", town),
            "relief_type": code(facts.kind, "relief_type"),
            "granted_on": Column("date", facts.granted.astype(np.int32)),
            "paid_on": Column("date", facts.paid.astype(np.int32)),
            "amount_yuan": Column("money", facts.cents),
            "status": code(np.ones(n, dtype=np.int8), "relief_status"),
        },
        delivery,
        fragile=facts.granted >= world.plan.year_start - 60,
    )
    back = np.flatnonzero(facts.back != NONE)
    when = schedule.first_after(facts.back[back])
    return by_delivery(with_changes(table, [Change(back, when, {"status": np.full(len(back), 2)})]))
