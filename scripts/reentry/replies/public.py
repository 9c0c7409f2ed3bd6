"""Which figures of a letter its public version may show, and why not (METRICS 3).

Binds the cells of the figures by what their files in ``models/`` say of them (breakdowns, ``within``, ``equals``,
``rests_on``), adds what earlier public packs have shown, and lets ``disclosure`` decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from reentry.errors import UsageError
from reentry.figures.window import year_before
from reentry.replies.disclosure import Sum, determined, is_small, withhold

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

    of: Cell
    taken: Cell

    def __repr__(self) -> str:
        return f"{self.of} − {self.taken}"


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
    values: dict[Any, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    small: set[Any] = field(default_factory=set)
    known: set[Any] = field(default_factory=set)


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
    ``printed``. ``catalogue``: see ``catalogue_of``. ``earlier``: the cells that earlier public packs have shown, as
    ``shown_cells`` gives them. UsageError when a release would give another number away.
    """
    system = _system(documents, catalogue)
    _add_earlier(system, earlier, catalogue)
    system.known |= determined(system.sums, system.values.keys() - system.known) if system.known else set()
    named = {(r.figure_id, r.by): r for r in releases}
    rests = {cell: _rests_on(cell, catalogue) & system.values.keys() for cell in printed}
    released = {c for cell in printed if (cell.figure_id, cell.by) in named for c in rests[cell]}
    open_cells = released | system.known
    shown = {c for cells in rests.values() for c in cells}
    why = withhold(system.values, system.sums, sensitive=system.small, shown=shown - open_cells, released=open_cells)
    why |= dict.fromkeys(shown & system.known & system.small - released, True)  # said before is not released anew
    return {cell: _verdict(rests[cell], why, named.get((cell.figure_id, cell.by))) for cell in printed}


def shown_cells(
    documents: Sequence[Mapping[str, Any]], verdicts: Mapping[Cell, Verdict], catalogue: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The counts that a public version gives away, for ``earlier`` of later letters; plain objects, in order."""
    values = _system(documents, catalogue).values
    cells = {c for cell, verdict in verdicts.items() if verdict.is_shown for c in _rests_on(cell, catalogue)}
    return [
        {
            "from": c.starts_on,
            "to": c.ends_on,
            "as_of": c.as_of,
            "id": c.figure_id,
            "by": dict(c.by),
            "value": values[c],
        }
        for c in sorted(cells & values.keys(), key=repr)
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


def _system(documents: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Mapping[str, Any]]) -> _System:
    system = _System()
    for document in documents:
        for figure in document["figures"]:
            if catalogue[figure["id"]]["unit"] in PERSON_UNITS and figure["value"] is not None:
                system.values[Cell.of(document, figure["id"], figure["by"])] = int(figure["value"])
    cells = [c for c in system.values if isinstance(c, Cell)]
    system.small = {c for c in cells if is_small(system.values[c])}
    system.sums = [*_breakdowns(cells, system.values)]
    for cell in cells:
        _bind(system, cell, catalogue[cell.figure_id])
    return system


def _breakdowns(cells: Sequence[Cell], values: Mapping[Any, int]) -> Iterator[Sum]:
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
            yield Sum(whole, tuple(narrower))


def _bind(system: _System, cell: Cell, figure: Mapping[str, Any]) -> None:
    """Binds a cell to the figures that its own contains, equals or lies within."""
    for name in figure.get("equals", []):
        other = cell.of_figure(name)
        if other in system.values:
            system.sums.append(Sum(cell, (other,)))
    for name in figure.get("within", []):
        outer = cell.of_figure(*_target(name))
        if outer in system.values and outer != cell:
            _add_part(system, outer, cell, is_sensitive=bool(cell.by))
    for added in figure.get("adds_up", []):
        parts = [cell.of_figure(added["figure"], {added["dimension"]: member}) for member in added["members"]]
        if all(part in system.values for part in parts):
            system.sums.append(Sum(cell, tuple(parts)))


def _add_part(system: _System, outer: Cell, inner: Cell, *, is_sensitive: bool) -> None:
    rest = Part(outer, inner)
    system.values[rest] = system.values[outer] - system.values[inner]
    if system.values[rest] < 0:  # a later pack may say less: then it is the other way round
        del system.values[rest]
        return
    system.sums.append(Sum(outer, (inner, rest)))
    if is_sensitive and is_small(system.values[rest]):
        system.small.add(rest)


def _add_earlier(
    system: _System, earlier: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Mapping[str, Any]]
) -> None:
    """What readers have: the same cell as it was said before, and shorter or longer windows of the same beginning."""
    now = [c for c in system.values if isinstance(c, Cell)]
    by_place: dict[Any, list[Cell]] = {}
    for cell in now:
        by_place.setdefault((cell.figure_id, cell.by, cell.starts_on), []).append(cell)
    for number, said in enumerate(earlier):
        before = Cell.of(said, said["id"], said["by"])
        for cell in by_place.get((before.figure_id, before.by, before.starts_on), []):
            is_same = (cell.ends_on, cell.as_of) == (before.ends_on, before.as_of)
            if is_same and system.values[cell] == said["value"]:
                system.known.add(cell)
            elif is_same or catalogue[cell.figure_id].get("adds_over_time"):
                past = Cell(before.starts_on, f"{before.ends_on} #{number}", before.as_of, before.figure_id, before.by)
                system.values[past] = said["value"]
                system.known.add(past)
                larger, smaller = sorted((cell, past), key=lambda c: -system.values[c])
                _add_part(system, larger, smaller, is_sensitive=bool(cell.by))
