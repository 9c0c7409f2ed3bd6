"""Windows that overlap, cut into the pieces they have in common, so that differences between them can be judged.

Counts of events add up over time: a window is the sum of its pieces, whatever first and last days it shares with
others. Between two first days (or days after last days) x < y lies ``count(y) - count(x)``, a number of events that is
never negative; what a set of windows says of it is kept as a lower and an upper bound, which are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise

Span = tuple[date, date]  # from the first day up to, not including, the second
DAY = timedelta(days=1)


def span(starts_on: str, ends_on: str, as_of: str) -> Span:
    """The days of a window that count: nothing after its as-of day does."""
    return date.fromisoformat(starts_on), min(date.fromisoformat(ends_on), date.fromisoformat(as_of)) + DAY


def clusters(spans: Iterable[Span]) -> list[list[Span]]:
    """Groups of spans that overlap or touch, through others too; each in order of time."""
    groups: list[list[Span]] = []
    reach = None
    for one in sorted(set(spans)):
        if reach is None or one[0] > reach:
            groups.append([])
            reach = one[1]
        groups[-1].append(one)
        reach = max(reach, one[1])
    return groups


def cuts(spans: Iterable[Span]) -> list[date]:
    """All first days and days after last days, in order."""
    return sorted({day for one in spans for day in one})


def pieces(whole: Span, points: list[date]) -> list[Span]:
    """The spans between consecutive cuts that make up a span."""
    inside = [p for p in points if whole[0] <= p <= whole[1]]
    return list(pairwise(inside))


class Counts:
    """What windows say of the number of events between any two cuts: bounds that are exact for whole numbers."""

    def __init__(self, points: list[date]) -> None:
        """``points``: the cuts."""
        self._place = {point: n for n, point in enumerate(points)}
        size = len(points)
        # upper[i][j] bounds count(j) - count(i); going back in time no event is lost
        self._upper: list[list[float]] = [[0.0 if j <= i else float("inf") for j in range(size)] for i in range(size)]

    def add(self, of: Span, count: int) -> bool:
        """Takes in what a window says; False, and nothing is taken in, where it contradicts what is known."""
        i, j = self._place[of[0]], self._place[of[1]]
        if not -self._upper[j][i] <= count <= self._upper[i][j]:
            return False
        self._tighten(i, j, count)
        self._tighten(j, i, -count)
        return True

    def between(self, of: Span) -> int | None:
        """The number of events in a span, where the windows leave one possibility only."""
        i, j = self._place[of[0]], self._place[of[1]]
        low, high = -self._upper[j][i], self._upper[i][j]
        return int(low) if low == high else None

    def _tighten(self, i: int, j: int, bound: float) -> None:
        if bound >= self._upper[i][j]:
            return
        size = range(len(self._place))
        for a in size:
            for b in size:
                self._upper[a][b] = min(self._upper[a][b], self._upper[a][i] + bound + self._upper[j][b])


def by_length(windows: Mapping[Span, int]) -> list[tuple[Span, int]]:
    """Windows with their counts, the shortest first."""
    return sorted(windows.items(), key=lambda w: (w[0][1] - w[0][0], w[0]))
