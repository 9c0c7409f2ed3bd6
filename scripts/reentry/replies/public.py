"""Which figures of a letter its public version may show, and why not.

A count of 1 to 4 persons is withheld, and what a reader could compute it from. Cells are bound by what the figures'
files in ``models/`` say (breakdowns, ``within``, ``equals``, ``adds_up``, ``rests_on``), by time (windows are cut into
the pieces they have in common: ``timeline``), and by stock and flow (``flows``); over the windows of the letter and of
all that was released before. ``disclosure`` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reentry.errors import UsageError
from reentry.figures.window import year_before
from reentry.replies.cells import Cell, Revised, System, add_part
from reentry.replies.disclosure import Reader, is_small, total_of, withhold
from reentry.replies.over_time import Timeline

PERSON_UNITS = ("人", "人次", "件", "本")
SMALL = "人数为1至4，不予公开"
PROTECTING = "可据以推算出1至4人的数字，不予公开"
MIN_REASON = 4


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


def given_away(
    said: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]
) -> set[Any]:
    """The small numbers that readers of ``earlier`` can work out once they read ``said``; both of ``said_cells``."""
    known = [s for s in said if s["id"] in catalogue]
    documents = [{**s, "figures": [s]} for s in known]
    system = _system(documents, catalogue, earlier)
    seen: dict[str, set[Any]] = {"shown": set(), "withheld": set(), "not printed": set()}
    for one in known:
        seen[one.get("seen", "shown")].add(Cell.of(one, one["id"], one["by"]))
    withheld = {c for c in seen["withheld"] | system.withheld if is_small(system.values[c])}
    reader = Reader(system.values, system.relations, known_small=withheld)
    reader.show({*system.public})
    targets = system.small - system.public - seen["shown"]
    targets -= reader.determined(targets)
    reader.show(seen["shown"])
    return reader.determined(targets)


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
) -> System:
    system = System(dict(_counts(documents, catalogue)))
    _add_earlier(system, [e for e in earlier if e["id"] in catalogue])
    cells = [c for c in system.values if isinstance(c, Cell)]
    system.small |= {c for c in cells if is_small(system.values[c])}
    sums = list(_breakdowns(cells, system.values))
    system.relations += [total_of(whole, parts) for whole, parts in sums]
    for cell in cells:
        _bind(system, cell, catalogue[cell.figure_id])
    Timeline(system, cells, sums, catalogue).bind()
    return system


def _add_earlier(system: System, earlier: Sequence[Mapping[str, Any]]) -> None:
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
            add_part(system, outer, inner, is_sensitive=bool(cell.by))
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


def _bind(system: System, cell: Cell, figure: Mapping[str, Any]) -> None:
    """Binds a cell to the figures that its own contains, equals or lies within."""
    for name in figure.get("equals", []):
        other = cell.of_figure(name)
        if other in system.values:
            system.relations.append(total_of(cell, [other]))
    for name in figure.get("within", []):
        outer = cell.of_figure(*_target(name))
        if outer in system.values and outer != cell:
            add_part(system, outer, cell, is_sensitive=bool(cell.by))
    for added in figure.get("adds_up", []):
        parts = [cell.of_figure(added["figure"], {added["dimension"]: member}) for member in added["members"]]
        if all(part in system.values for part in parts):
            system.relations.append(total_of(cell, parts))
