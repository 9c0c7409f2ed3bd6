"""Binds the windows of figures to each other over time, and stocks to the flows between their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import Any

from reentry.replies.cells import Cell, Piece, System, add_part
from reentry.replies.disclosure import Relation, is_small, total_of
from reentry.replies.timeline import DAY, Counts, Span, by_length, clusters, cuts, pieces, span


@dataclass
class _Series:
    """The windows of one figure and member that overlap, and what they say of the time between cuts."""

    counts: Counts
    windows: dict[Span, Cell]  # those that agree with each other


class Timeline:
    """Binds windows of a figure to the pieces that they have in common, and stocks to the flows between their days.

    Where a person may count in two pieces they need not add up; where they do all the same, a reader adds them.
    """

    def __init__(
        self,
        system: System,
        cells: Sequence[Cell],
        sums: Sequence[tuple[Cell, list[Cell]]],
        catalogue: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._system, self._sums = system, sums
        self._intervals: set[Piece] = set()  # those that are bound to their pieces
        self._cells: dict[str, list[Cell]] = {}
        for cell in cells:
            self._cells.setdefault(cell.figure_id, []).append(cell)
        self._flows = {f: flows for f in self._cells if (flows := catalogue[f].get("flows", []))}
        # by figure: cuts of overlapping windows, and the series of each member between them
        self._clusters = {
            figure_id: [self._cluster(figure_id, group) for group in clusters(_span(c) for c in found)]
            for figure_id, found in self._cells.items()
            if catalogue[figure_id].get("adds_over_time")
        }

    def bind(self) -> None:
        """Windows to pieces, stocks to flows; small differences between windows are sensitive as if printed."""
        self._bind_stocks()
        for figure_id, found in self._clusters.items():
            for points, members in found:
                for by, series in members.items():
                    self._bind_series(figure_id, by, points, series)
                self._bind_breakdowns(figure_id, points, members)

    def _cluster(self, figure_id: str, spans: Sequence[Span]) -> tuple[list[date], dict[Any, _Series]]:
        first, last = spans[0][0], max(after for _, after in spans)
        days = {day for day in self._stock_cuts(figure_id) if first < day < last}
        points = sorted({*cuts(spans), *days})
        found: dict[Any, dict[Span, Cell]] = {}
        for cell in self._cells[figure_id]:
            if _span(cell) in set(spans):
                self._same(found.setdefault(cell.by, {}).setdefault(_span(cell), cell), cell)
        members = {}
        for by, windows in found.items():
            counts = Counts(points)
            lengths = by_length({of: self._system.values[cell] for of, cell in windows.items()})
            members[by] = _Series(counts, {of: windows[of] for of, count in lengths if counts.add(of, count)})
        return points, members

    def _stock_cuts(self, figure_id: str) -> set[date]:
        """The days after those of the stocks that a figure flows into or out of."""
        stocks = [s for s, flows in self._flows.items() if any(figure_id in flow.values() for flow in flows)]
        return {date.fromisoformat(cell.as_of) + DAY for stock in stocks for cell in self._cells[stock]}

    def _same(self, first: Cell, cell: Cell) -> None:
        """Two cells that say the same of the same days."""
        if first != cell and self._system.values[first] == self._system.values[cell]:
            self._system.relations.append(total_of(first, [cell]))

    def _bind_series(self, figure_id: str, by: Any, points: list[date], series: _Series) -> None:
        if len(points) == len(series.windows) + 1 == 2:  # one window that nothing cuts
            return
        for of, cell in series.windows.items():
            parts = [Piece(figure_id, by, piece) for piece in pieces(of, points)]
            self._system.relations.append(total_of(cell, parts))
        for of in combinations(points, 2):
            count = series.counts.between(of)
            if count is not None and is_small(count) and of not in series.windows:
                self._system.small.add(self._interval(figure_id, by, points, of, count))
        for (outer, whole), (inner, part) in combinations(sorted(series.windows.items(), key=_longest_first), 2):
            if outer[0] < inner[0] and inner[1] < outer[1]:
                add_part(self._system, whole, part, is_sensitive=True)

    def _bind_breakdowns(self, figure_id: str, points: list[date], members: Mapping[Any, _Series]) -> None:
        """Pieces add up over a breakdown where all windows do."""
        found: dict[tuple[Any, tuple[Any, ...]], set[Span]] = {}
        for whole, parts in self._sums:
            if whole.figure_id == figure_id and points[0] <= _span(whole)[0] < points[-1]:
                found.setdefault((whole.by, tuple(sorted(p.by for p in parts))), set()).add(_span(whole))
        for (by, narrower), spans in found.items():
            told = {of for part in narrower for of in members[part].windows} & members[by].windows.keys()
            if spans >= told:
                for of in pairwise(points):
                    made_of = [Piece(figure_id, part, of) for part in narrower]
                    self._system.relations.append(total_of(Piece(figure_id, by, of), made_of))

    def _bind_stocks(self) -> None:
        """A stock, and what came and went until the day of another."""
        for stock, flows in self._flows.items():
            by_day: dict[Any, dict[date, Cell]] = {}
            for cell in self._cells[stock]:
                self._same(by_day.setdefault(cell.by, {}).setdefault(date.fromisoformat(cell.as_of), cell), cell)
            for days in by_day.values():
                for (day, before), (later, after) in combinations(sorted(days.items()), 2):
                    for flow in flows:
                        self._bind_stock(before, after, (flow["in"], flow["out"]), (day + DAY, later + DAY))

    def _bind_stock(self, before: Cell, after: Cell, flow: tuple[str, str], of: Span) -> None:
        """Before + came - went = after, unless that is known not to hold; what is not known follows from the rest."""
        ends = [self._flow(figure_id, before.by, of) for figure_id in flow]
        grown = self._system.values[after] - self._system.values[before]
        known = [count for _, count in ends]
        if None in (cell for cell, _ in ends) or (None not in known and known[0] - known[1] != grown):  # type: ignore[operator]
            return
        if known.count(None) == 1:
            came, went = known
            follows = grown + went if came is None else came - grown  # type: ignore[operator]
            if not self._learn(flow[known.index(None)], before.by, of, follows):
                return
        (came_in, _), (went_out, _) = ends
        self._system.relations.append(Relation(((before, 1), (came_in, 1), (went_out, -1), (after, -1))))

    def _flow(self, figure_id: str, by: Any, of: Span) -> tuple[Any, int | None]:
        """A flow between two days: its cell (a window or a sum of pieces) and number, where there is and one knows."""
        for cell in self._cells.get(figure_id, ()):
            if cell.by == by and _span(cell) == of:
                return cell, self._system.values[cell]
        for points, members in self._clusters.get(figure_id, ()):
            if by in members and of[0] in points and of[1] in points:
                count = members[by].counts.between(of)
                return self._interval(figure_id, by, points, of, count), count
        return None, None

    def _learn(self, figure_id: str, by: Any, of: Span, count: int) -> bool:
        for points, members in self._clusters[figure_id]:
            if by in members and of[0] in points and of[1] in points:
                return members[by].counts.add(of, count)
        return False

    def _interval(self, figure_id: str, by: Any, points: list[date], of: Span, count: int | None) -> Piece:
        """A cell for what lies between two cuts, bound to the pieces it is made of."""
        cell = Piece(figure_id, by, of)
        made_of = [Piece(figure_id, by, piece) for piece in pieces(of, points)]
        if made_of != [cell] and cell not in self._intervals:
            self._intervals.add(cell)
            self._system.relations.append(total_of(cell, made_of))
        if count is not None:
            self._system.values[cell] = count
        return cell


def _span(cell: Cell) -> Span:
    return span(cell.starts_on, cell.ends_on, cell.as_of)


def _longest_first(window: tuple[Span, Any]) -> Any:
    (first, after_last), _ = window
    return first - after_last, first
