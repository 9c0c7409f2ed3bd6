"""Which figures of a letter its public version may show, and why not.

A count of 1 to 4 persons is withheld, and what a reader could compute it from. Cells are bound by what the figures'
files in ``models/`` say (breakdowns, ``within``, ``equals``, ``adds_up``, ``rests_on``), by time (windows are cut into
the pieces they have in common: ``timeline``), and by stock and flow (``flows``); over the windows of the letter and of
all that was released before. ``disclosure`` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, pairwise
from typing import Any

from reentry.errors import UsageError
from reentry.figures.window import year_before
from reentry.replies.disclosure import Relation, is_small, total_of, withhold
from reentry.replies.timeline import DAY, Counts, Span, by_length, clusters, cuts, pieces, span

PERSON_UNITS = ("人", "人次", "件", "本")
SMALL = "人数为1至4，不予公开"
PROTECTING = "可据以推算出1至4人的数字，不予公开"
MIN_REASON = 4


@dataclass(frozen=True)
class Cell:
    """One number: a figure, one cell of its breakdowns, and the window it was pulled for."""

    starts_on: str
    ends_on: str
    as_of: str
    figure_id: str
    by: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], figure_id: str, by: Mapping[str, str]) -> Cell:
        """The cell of a figure in a figures document (INTERFACES 2)."""
        return cls(document["from"], document["to"], document["as_of"], figure_id, tuple(sorted(by.items())))

    def of_figure(self, figure_id: str, more: Mapping[str, str] | None = None) -> Cell:
        """The same cell of another figure, narrowed by ``more``."""
        by = tuple(sorted({**dict(self.by), **(more or {})}.items()))
        return Cell(self.starts_on, self.ends_on, self.as_of, figure_id, by)

    def __repr__(self) -> str:
        where = "".join(f" {member}" for _, member in self.by)
        return f"{self.figure_id}{where} ({self.starts_on}–{self.ends_on})"


@dataclass(frozen=True)
class Part:
    """A number that no one prints but a reader may get by taking one cell from another."""

    of: Any
    taken: Any

    def __repr__(self) -> str:
        return f"{self.of} − {self.taken}"


@dataclass(frozen=True)
class Piece:
    """The number of a figure's events in a span of time between first and last days of windows."""

    figure_id: str
    by: tuple[tuple[str, str], ...]
    span: Span

    def __repr__(self) -> str:
        first, last = self.span[0], self.span[1] - DAY
        return repr(Cell(str(first), str(last), str(last), self.figure_id, self.by))


@dataclass(frozen=True)
class Revised:
    """A cell as it was said before, where it says something else now."""

    cell: Cell
    number: int

    def __repr__(self) -> str:
        return f"{self.cell} as said before"


@dataclass(frozen=True)
class Release:
    """A district total that a named person allows to be shown though it is small, with the reason."""

    figure_id: str
    by: tuple[tuple[str, str], ...]
    released_by: str
    reason: str

    def __post_init__(self) -> None:
        if any(name == "township" for name, _ in self.by):
            raise UsageError(f"{self.figure_id}: a township's number cannot be released, only a district total.")
        if not self.released_by.strip() or len(self.reason.strip()) < MIN_REASON:
            raise UsageError(f"{self.figure_id}: a release needs the name of a person and a reason.")


@dataclass(frozen=True)
class Verdict:
    """Whether a cell may be printed outside the bureau; the reason when not, or when it was released by name."""

    is_shown: bool
    reason: str = ""
    released_by: str = ""


@dataclass
class _System:
    """Cells and what binds them; readers have the ``public`` ones, and know of the ``withheld`` ones."""

    values: dict[Any, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    small: set[Any] = field(default_factory=set)
    public: set[Any] = field(default_factory=set)
    withheld: set[Any] = field(default_factory=set)


def judge(
    documents: Sequence[Mapping[str, Any]],
    printed: Collection[Cell],
    catalogue: Mapping[str, Mapping[str, Any]],
    *,
    releases: Sequence[Release] = (),
    earlier: Sequence[Mapping[str, Any]] = (),
) -> dict[Cell, Verdict]:
    """The verdict on every cell of ``printed``.

    ``documents``: the figures documents of the letter's windows, with all the cells of each figure; where a letter
    prints the year before or the change on it, ``year_before_document`` of them too, and the cells of both years in
    ``printed``. ``catalogue``: see ``catalogue_of``. ``earlier``: the cells of earlier public packs, as ``said_cells``
    gives them. UsageError when a release would give another number away.
    """
    system = _system(documents, catalogue, earlier)
    named = {(r.figure_id, r.by): r for r in releases}
    rests = {cell: _rests_on(cell, catalogue) & system.values.keys() for cell in printed}
    released = {c for cell in printed if (cell.figure_id, cell.by) in named for c in rests[cell]}
    shown = {c for cells in rests.values() for c in cells}
    why = withhold(
        system.values,
        system.relations,
        sensitive=system.small,
        shown=shown,
        released=released,
        public=system.public,
        withheld_before=system.withheld,
        cost=lambda cell: _loss(cell, system.values[cell]),
    )
    why |= dict.fromkeys(shown & system.public & system.small - released, True)  # said before is not released anew
    return {cell: _verdict(rests[cell], why, named.get((cell.figure_id, cell.by))) for cell in printed}


def _loss(cell: Cell, value: int) -> float:
    """What a reader loses with a cell: few cells are withheld rather than many, members rather than totals."""
    return 1 + (0 if cell.by else 2) + (2 if value == 0 else value / (value + 100))


def said_cells(
    documents: Sequence[Mapping[str, Any]], verdicts: Mapping[Cell, Verdict], catalogue: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The counts behind a public version, for ``earlier`` of later letters; plain objects, in order.

    ``seen`` is ``shown`` for what the version gives away, ``withheld`` for what it keeps back, ``not printed`` else.
    """
    values = _counts(documents, catalogue)
    seen = dict.fromkeys(values, "not printed")
    for is_shown, word in ((False, "withheld"), (True, "shown")):
        for cell, verdict in verdicts.items():
            if verdict.is_shown == is_shown:
                seen |= dict.fromkeys(_rests_on(cell, catalogue) & values.keys(), word)
    return [
        {
            "from": c.starts_on,
            "to": c.ends_on,
            "as_of": c.as_of,
            "id": c.figure_id,
            "by": dict(c.by),
            "value": values[c],
            "seen": word,
        }
        for c, word in sorted(seen.items(), key=lambda cell: repr(cell[0]))
    ]


def year_before_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """A figures document of the window a year earlier, made of what a document says of that year (``previous``)."""
    days = {name: str(year_before(date.fromisoformat(document[name]))) for name in ("from", "to", "as_of")}
    figures = [{**f, "value": f["previous"]} for f in document["figures"] if "previous" in f]
    return {**document, **days, "figures": figures}


def catalogue_of(figures: Sequence[Mapping[str, Any]], library_colours: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Metadata by figure id; ``library`` in an ``adds_up`` becomes the district's colours of the risk library."""
    out: dict[str, Mapping[str, Any]] = {}
    for figure in figures:
        sums = [
            {**s, "members": list(library_colours) if s["members"] == "library" else s["members"]}
            for s in figure.get("adds_up", [])
        ]
        out[figure["id"]] = {**figure, "adds_up": sums}
    return out


def _verdict(cells: Collection[Cell], why: Mapping[Any, bool], release: Release | None) -> Verdict:
    reasons = [why[c] for c in cells if c in why]
    if reasons:
        return Verdict(False, SMALL if any(reasons) else PROTECTING)
    if release is not None:
        return Verdict(True, release.reason, release.released_by)
    return Verdict(True)


def _rests_on(cell: Cell, catalogue: Mapping[str, Mapping[str, Any]]) -> set[Cell]:
    """The counts of persons that printing a cell gives away: itself, or those that a rate or an amount is made of."""
    figure = catalogue[cell.figure_id]
    own = {cell} if figure["unit"] in PERSON_UNITS else set()
    return own | {cell.of_figure(*_target(name)) for name in figure.get("rests_on", [])}


def _target(name: str | Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    return (name, {}) if isinstance(name, str) else (name["figure"], name["by"])


def _counts(documents: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Mapping[str, Any]]) -> dict[Cell, int]:
    return {
        Cell.of(document, figure["id"], figure["by"]): int(figure["value"])
        for document in documents
        for figure in document["figures"]
        if catalogue[figure["id"]]["unit"] in PERSON_UNITS and figure["value"] is not None
    }


def _system(
    documents: Sequence[Mapping[str, Any]],
    catalogue: Mapping[str, Mapping[str, Any]],
    earlier: Sequence[Mapping[str, Any]],
) -> _System:
    system = _System(dict(_counts(documents, catalogue)))
    _add_earlier(system, [e for e in earlier if e["id"] in catalogue])
    cells = [c for c in system.values if isinstance(c, Cell)]
    system.small |= {c for c in cells if is_small(system.values[c])}
    sums = list(_breakdowns(cells, system.values))
    system.relations += [total_of(whole, parts) for whole, parts in sums]
    for cell in cells:
        _bind(system, cell, catalogue[cell.figure_id])
    _Timeline(system, cells, sums, catalogue).bind()
    return system


def _add_earlier(system: _System, earlier: Sequence[Mapping[str, Any]]) -> None:
    """What readers have and what was withheld before; a cell that was revised is bound by the difference."""
    for number, said in enumerate(earlier):
        cell: Any = Cell.of(said, said["id"], said["by"])
        now = system.values.setdefault(cell, said["value"])
        seen = said.get("seen", "shown")
        if now != said["value"] and seen == "shown":
            before = Revised(cell, number)
            system.values[before] = said["value"]
            system.public.add(before)
            outer, inner = (cell, before) if now > said["value"] else (before, cell)
            _add_part(system, outer, inner, is_sensitive=bool(cell.by))
        elif seen == "shown":
            system.public.add(cell)
        elif seen == "withheld":
            system.withheld.add(cell)


def _breakdowns(cells: Sequence[Cell], values: Mapping[Any, int]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each cell as the sum of those that are narrower by one breakdown, where they add up.

    Where a person may count in two of them they need not; where they do all the same, a reader adds them.
    """
    there = set(cells)
    parts: dict[tuple[Cell, str], list[Cell]] = {}
    for cell in cells:
        for name, _ in cell.by:
            whole = Cell(
                cell.starts_on,
                cell.ends_on,
                cell.as_of,
                cell.figure_id,
                tuple(pair for pair in cell.by if pair[0] != name),
            )
            if whole in there:
                parts.setdefault((whole, name), []).append(cell)
    for (whole, _), narrower in parts.items():
        if values[whole] == sum(values[cell] for cell in narrower):
            yield whole, narrower


def _bind(system: _System, cell: Cell, figure: Mapping[str, Any]) -> None:
    """Binds a cell to the figures that its own contains, equals or lies within."""
    for name in figure.get("equals", []):
        other = cell.of_figure(name)
        if other in system.values:
            system.relations.append(total_of(cell, [other]))
    for name in figure.get("within", []):
        outer = cell.of_figure(*_target(name))
        if outer in system.values and outer != cell:
            _add_part(system, outer, cell, is_sensitive=bool(cell.by))
    for added in figure.get("adds_up", []):
        parts = [cell.of_figure(added["figure"], {added["dimension"]: member}) for member in added["members"]]
        if all(part in system.values for part in parts):
            system.relations.append(total_of(cell, parts))


def _add_part(system: _System, outer: Any, inner: Any, *, is_sensitive: bool) -> None:
    rest = Part(outer, inner)
    count = system.values[outer] - system.values[inner]
    if count < 0:
        return
    system.values[rest] = count
    system.relations.append(total_of(outer, [inner, rest]))
    if is_sensitive and is_small(count):
        system.small.add(rest)


@dataclass
class _Series:
    """The windows of one figure and member that overlap, and what they say of the time between cuts."""

    counts: Counts
    windows: dict[Span, Cell]  # those that agree with each other


class _Timeline:
    """Binds windows of a figure to the pieces that they have in common, and stocks to the flows between their days.

    Where a person may count in two pieces they need not add up; where they do all the same, a reader adds them.
    """

    def __init__(
        self,
        system: _System,
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
                _add_part(self._system, whole, part, is_sensitive=True)

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
