"""Statistical disclosure control for counts of persons: which cells of a public table must be withheld.

Cells are whole numbers, never negative, bound by linear relations (a total is the sum of its parts, a window the sum of
its pieces). A reader knows every relation, every cell that is public, and that a cell withheld for being small is 1 to
4. A cell is *determined* when all this leaves it one value only. That is decided exactly, by constraint programming
over whole numbers (OR-tools CP-SAT): a cell is free when another solution gives it another value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reentry.errors import UsageError

SMALLEST_SHOWN = 5
COST_STEPS = 1000  # costs are compared in steps of a thousandth
# bounds of a search that need not be perfect, in the solver's own deterministic measure of work (about seconds)
JOINT_WORK, COVER_WORK = 0.05, 2.0


@dataclass(frozen=True)
class Relation:
    """The products of cells and their coefficients add up to zero; cells are named by any hashable key."""

    terms: tuple[tuple[Hashable, int], ...]

    @property
    def cells(self) -> tuple[Hashable, ...]:
        """The cells that the relation binds."""
        return tuple(cell for cell, _ in self.terms)


def total_of(total: Hashable, parts: Iterable[Hashable]) -> Relation:
    """The relation that ``total`` is the sum of ``parts``."""
    return Relation(((total, -1), *((part, 1) for part in parts)))


def is_small(count: int) -> bool:
    """Whether a count of persons is too small to be shown: 1 to 4."""
    return 0 < count < SMALLEST_SHOWN


def withhold(
    values: Mapping[Any, int],
    relations: Sequence[Relation],
    *,
    sensitive: Collection[Any],
    shown: Collection[Any],
    released: Collection[Any] = (),
    public: Collection[Any] = (),
    withheld_before: Collection[Any] = (),
    cost: Callable[[Any], float] | None = None,
) -> dict[Any, bool]:
    """The cells of ``shown`` to withhold: True for a ``sensitive`` one, False for one withheld to protect others.

    ``values`` has the cells whose value is known to the publisher; a relation may bind others (pieces that nobody
    counted). ``sensitive`` cells must not become determined, printed or not. ``released`` cells are printed whatever
    they say; ``public`` ones have been before, and what these alone give away cannot be protected any more.
    ``withheld_before`` are sensitive cells that earlier publications withheld. ``cost`` says what a
    reader loses with a cell (default: its value). No cell is withheld in vain: showing any one that protects others
    would determine a sensitive cell. UsageError when what is released leaves nothing to protect a cell with.
    """
    given = {*public, *released}
    own = {c for c in shown if c in sensitive and c not in given}
    reader = Reader(values, relations, known_small={*own, *(c for c in withheld_before if is_small(values[c]))})
    reader.show({*public})
    targets = {c for c in sensitive if c not in given}
    targets -= reader.determined(targets)
    candidates = {c for c in shown if c not in own and c not in given}
    losses: Callable[[Any], float] = cost or (lambda c: values[c])
    covers: list[Any] = []
    reader.show({*released, *candidates})
    while exposed := reader.determined(targets):
        first = min(exposed, key=lambda c: (values[c], repr(c)))
        found = reader.cheapest_cover(first, candidates, losses)
        if not found:
            raise UsageError(f"准予公开的数字会暴露 {first}：请撤回其中一项，或者一并准予公开。")
        reader.hide(found)
        candidates -= found
        covers += sorted(found, key=repr)
    for cell in sorted(covers, key=lambda c: (losses(c), repr(c)), reverse=True):
        reader.show({cell})
        if reader.determined(targets):
            reader.hide({cell})
        else:  # a later cover made this one needless
            covers.remove(cell)
    return dict.fromkeys(own, True) | dict.fromkeys(covers, False)


class Reader:
    """What can be worked out from the cells that are shown; at first none is."""

    def __init__(
        self, values: Mapping[Any, int], relations: Sequence[Relation], *, known_small: Collection[Any]
    ) -> None:
        """``known_small``: cells of which a reader knows that they are 1 to 4 while they are not shown."""
        self._values, self._relations, self._known_small = values, relations, known_small
        self._shown: set[Any] = set()
        self._at: dict[Any, list[int]] = defaultdict(list)
        for number, relation in enumerate(relations):
            for cell in relation.cells:
                self._at[cell].append(number)
        self._largest = max(values.values(), default=0) + SMALLEST_SHOWN
        # for a cell that was found free: the cells that another solution gives another value
        self._moved_with: dict[Any, frozenset[Any]] = {}

    def show(self, cells: set[Any]) -> None:
        """A reader sees these cells from now on."""
        self._shown |= cells

    def hide(self, cells: set[Any]) -> None:
        """A reader does not see these cells any more."""
        self._shown -= cells

    def determined(self, cells: set[Any]) -> set[Any]:
        """Those of ``cells`` (with known values) that have one possible value only."""
        unsure = {c for c in cells if c not in self._moved_with or self._moved_with[c] & self._shown}
        found = {c for c in unsure if c in self._shown}
        unsure -= found
        while unsure:
            unseen, relations = self._component(min(unsure, key=repr))
            here = unsure & set(unseen)
            found |= self._determined_in(unseen, relations, here)
            unsure -= here
        return found

    def cheapest_cover(self, exposed: Any, candidates: Collection[Any], cost: Callable[[Any], float]) -> set[Any]:
        """The shown cells that free a determined one when they are hidden, with the least cost; none when none do."""
        opened = self._shown & set(candidates)
        self._shown -= opened
        unseen, relations = self._component(exposed)
        self._shown |= opened
        switched = [c for c in unseen if c in opened]
        return self._model(unseen, relations, switched).cheapest(exposed, {c: cost(c) for c in switched})

    def _component(self, cell: Any) -> tuple[list[Any], list[Relation]]:
        """The unseen cells that relations bind to a cell, through others too, and these relations."""
        unseen, numbers, front = {cell: None}, dict[int, None](), [cell]
        while front:
            for number in self._at[front.pop()]:
                if number in numbers:
                    continue
                numbers[number] = None
                for other in self._relations[number].cells:
                    if other not in self._shown and other not in unseen:
                        unseen[other] = None
                        front.append(other)
        return list(unseen), [self._relations[number] for number in numbers]

    def _determined_in(self, unseen: list[Any], relations: list[Relation], wanted: set[Any]) -> set[Any]:
        if not relations:
            self._moved_with |= {c: frozenset({c}) for c in wanted}
            return set()
        model = self._model(unseen, relations)
        left = sorted(wanted, key=repr)
        left = self._note(model.moves_most(left), left)
        fixed = set()
        for cell in list(left):
            if cell not in left:
                continue
            if moved := model.moves(cell):
                left = self._note(moved, left)
            else:
                fixed.add(cell)
        return fixed

    def _note(self, moved: frozenset[Any], left: list[Any]) -> list[Any]:
        self._moved_with |= dict.fromkeys((c for c in left if c in moved), moved)
        return [c for c in left if c not in moved]

    def _model(self, unseen: Collection[Any], relations: Iterable[Relation], switched: Collection[Any] = ()) -> _Model:
        ranges = {c: (1, SMALLEST_SHOWN - 1) if c in self._known_small else (0, self._largest) for c in unseen}
        return _Model(ranges, relations, self._values, switched)


class _Model:
    """The whole-number solutions of relations: cells with a range may have any value in it, all others have their own.

    A ``switched`` cell has its own value unless its switch lets it have another.
    """

    def __init__(
        self,
        ranges: Mapping[Any, tuple[int, int]],
        relations: Iterable[Relation],
        values: Mapping[Any, int],
        switched: Collection[Any],
    ) -> None:
        from ortools.sat.python import cp_model

        self._cp, self._values, self._model = cp_model, values, cp_model.CpModel()
        self._cells = {
            c: self._model.new_int_var(low, high, str(n)) for n, (c, (low, high)) in enumerate(ranges.items())
        }
        for relation in relations:
            terms: list[Any] = [f * (self._cells[c] if c in self._cells else values[c]) for c, f in relation.terms]
            self._model.add(sum(terms) == 0)
        self._switches = {c: self._model.new_bool_var(f"switch {n}") for n, c in enumerate(switched)}
        for cell, switch in self._switches.items():
            self._model.add(self._cells[cell] == values[cell]).only_enforce_if(~switch)

    def moves(self, cell: Any) -> frozenset[Any]:
        """The cells that a solution gives another value in which ``cell`` has one; empty when there is no such."""
        model = self._model.clone()
        model.add(self._cells[cell] != self._values[cell])
        solver = self._solve(model)
        return self._moved(solver) if solver else frozenset()

    def moves_most(self, cells: Sequence[Any]) -> frozenset[Any]:
        """The cells that a solution gives another value in which many of ``cells`` have one."""
        model = self._model.clone()
        flags = [model.new_bool_var(f"moved {n}") for n in range(len(cells))]
        for cell, flag in zip(cells, flags, strict=True):
            model.add(self._cells[cell] != self._values[cell]).only_enforce_if(flag)
        model.maximize(sum(flags))
        solver = self._solve(model, JOINT_WORK)
        return self._moved(solver) if solver else frozenset()

    def cheapest(self, cell: Any, cost: Mapping[Any, float]) -> set[Any]:
        """The switched cells of least cost that let ``cell`` have another value; none when none do."""
        model = self._model.clone()
        model.add(self._cells[cell] != self._values[cell])
        model.minimize(sum(round(COST_STEPS * cost[c]) * switch for c, switch in self._switches.items()))
        solver = self._solve(model, COVER_WORK) or self._solve(model)
        return {c for c, switch in self._switches.items() if solver.boolean_value(switch)} if solver else set()

    def _solve(self, model: Any, work: float | None = None) -> Any:
        """A solver that has found a solution, within an amount of work; None when it has not."""
        solver = self._cp.CpSolver()
        solver.parameters.num_workers = 1  # the same answer every time
        if work is not None:
            solver.parameters.max_deterministic_time = work
        return solver if solver.solve(model) in (self._cp.OPTIMAL, self._cp.FEASIBLE) else None

    def _moved(self, solver: Any) -> frozenset[Any]:
        return frozenset(c for c, variable in self._cells.items() if solver.value(variable) != self._values.get(c))
