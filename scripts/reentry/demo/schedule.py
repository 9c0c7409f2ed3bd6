"""When each agency delivers: one history, then monthly, the last on the day of the letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from reentry.contract import Feed
from reentry.demo.days import Ints, day

START = date(2022, 12, 31)
# Day of the month on which a feed is delivered; 0 is the last day of the month.
_DAY = {
    "corrections.releases": 28, "justice.register": 0, "justice.visits": 0, "justice.risk_assessments": 0,
    "justice.sweeps": 0, "police.reoffences": 25, "police.residence": 26, "civil_affairs.relief": 27,
    "housing.relief": 27, "hr.training": 24, "hr.public_posts": 24, "hr.employment": 24, "health.counselling": 22,
    "city.benchmarks": 20, "finance.budget": 23,
}  # fmt: skip

Stream = Callable[..., np.random.Generator]


@dataclass(frozen=True)
class Schedule:
    """The delivery days of one feed: ``days`` ascending, the first is the history."""

    days: Ints

    def first_after(self, when: Ints) -> Ints:
        """Position of the first delivery on or after each day, -1 when there is none. int16, shape as given."""
        at = np.searchsorted(self.days, when)
        return np.where(at < len(self.days), at, -1).astype(np.int16)


def make_schedule(feed: Feed, *, end: date, months: int | None) -> Schedule:
    """History at the turn of 2022/23 and every month since; with ``months`` only that many after a later history."""
    start = START if feed.agency != "police" else date(2023, 1, 1)
    days = [day(start)]
    for number in range(12 * 2023, 12 * end.year + end.month - 1):
        year, month = divmod(number, 12)
        following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
        wanted = _DAY.get(feed.id, 0)
        days.append(day(following) - 1 if not wanted else day(date(year, month + 1, wanted)))
    if feed.id == "health.counselling" and months is None:
        days.pop()  # one agency is late in the end
    else:
        days.append(day(end))
    if months is not None:
        days = days[-(months + 1) :]
    return Schedule(np.array(days, dtype=np.int32))


def make_stream(seed: int) -> Stream:
    """Independent random streams by name: the same name gives the same stream whatever else is made."""

    def stream(*name: object) -> np.random.Generator:
        return np.random.default_rng([seed, *"/".join(map(str, name)).encode()])

    return stream
