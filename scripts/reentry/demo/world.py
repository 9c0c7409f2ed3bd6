"""The whole demo world: persons, register, and which facts the letter's figures rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reentry.contract import feeds
from reentry.demo.calibration import END, Plan
from reentry.demo.days import NONE, Bools, Ints
from reentry.demo.history import WRONG, History, first_releases, simulate
from reentry.demo.people import People, make_people
from reentry.demo.place import Place
from reentry.demo.register import Register, make_register
from reentry.demo.schedule import Schedule, Stream, make_schedule


@dataclass(frozen=True)
class World:
    """Everything true, before any agency writes it down."""

    plan: Plan
    place: Place
    people: People
    history: History
    register: Register
    schedules: dict[str, Schedule]
    stream: Stream

    @property
    def settled(self) -> Ints:
        """Spells of persons with one spell, long on the register and still there, unplanned: safe to plan facts on."""
        spells = self.register.spells
        single = np.bincount(spells.person, minlength=len(self.people))[spells.person] == 1
        quiet = (spells.closed == NONE) & (spells.registered < self.plan.quarter_before[0]) & (spells.release >= 0)
        usable = single & quiet & (spells.reason != WRONG) & ~self.offending
        return np.flatnonzero(usable)

    @property
    def offending(self) -> Bools:
        """Spells of the planned offenders."""
        mask = np.zeros(len(self.register.spells), dtype=bool)
        mask[self.register.offenders] = True
        mask[self.register.offenders_before] = True
        return mask


def make_world(plan: Plan, place: Place, stream: Stream, *, months: int | None) -> World:
    """The world of a district; ``months`` shortens the deliveries, not the history."""
    firsts = first_releases(stream("firsts"), plan)
    people = make_people(stream("people"), len(firsts), max(40, plan.persons // 6), firsts, place=place)
    history = simulate(stream("history"), plan, people, firsts)
    register = make_register(stream("register"), plan, people, history, towns=len(place.township_codes))
    schedules = {feed.id: make_schedule(feed, end=END, months=months) for feed in feeds()}
    return World(plan, place, people, history, register, schedules, stream)
