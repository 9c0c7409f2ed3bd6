"""What may be shown outside the bureau (METRICS 3): small counts are withheld, and what would give them away.

Pure and exact. Cells are whole numbers bound by sums (a total and its parts: a row, a column, a figure that contains
another). The reader is taken to know every sum, every cell that is shown, and that nothing but cells of at least 1 is
ever withheld. A withheld cell is safe when the cells he cannot see may be moved, whole numbers throughout, so that it
changes and everything he can see stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from reentry.errors import UsageError

SMALLEST_SHOWN = 5
Row = dict[Hashable, Fraction]


@dataclass(frozen=True)
class Sum:
    """``total`` is the sum of ``parts``; cells are named by any hashable key."""

    total: Hashable
    parts: tuple[Hashable, ...]

    @property
    def cells(self) -> tuple[Hashable, ...]:
        """All cells of the sum, the total first."""
        return (self.total, *self.parts)


def is_small(count: int) -> bool:
    """Whether a count of persons is too small to be shown: 1 to 4."""
    return 0 < count < SMALLEST_SHOWN


def withhold(
    values: Mapping[Any, int],
    sums: Sequence[Sum],
    *,
    sensitive: Collection[Any],
    shown: Collection[Any],
    released: Collection[Any] = (),
) -> dict[Any, bool]:
    """The cells of ``shown`` to withhold: True for a ``sensitive`` one, False for one withheld to protect others.

    ``values`` has every cell of every sum, also those not shown. A sensitive cell that is not shown must not become
    computable either. ``released`` cells are shown whatever they say, or known to the reader from before. UsageError
    when what is released gives a sensitive cell away.
    """
    small = {c for c in sensitive if c not in released}
    withheld = {c: True for c in shown if c in small}
    hidden = {c for c in values if c not in shown and c not in released}
    keep = [c for c in shown if c not in released]
    while exposed := _first_exposed(values, sums, withheld, hidden, small):
        withheld[_cover(exposed[0], values, sums, withheld, hidden, keep)] = False
    for cell in sorted((c for c, is_small_one in withheld.items() if not is_small_one), key=lambda c: -values[c]):
        fewer = {c: why for c, why in withheld.items() if c != cell}
        if not _first_exposed(values, sums, fewer, hidden, small):  # a later one made it needless
            withheld = fewer
    return withheld


def computable(
    values: Mapping[Any, int], sums: Sequence[Sum], unseen: Collection[Any], floor: Mapping[Any, int]
) -> set[Any]:
    """Those of ``unseen`` that a reader can compute from the sums and all other cells.

    ``floor`` has the least value he must reckon with for a cell (default 0). Errs on the safe side: a cell for which no
    other values are found counts as computable.
    """
    moves = _moves(sums, unseen)
    safe: set[Any] = set()
    for move in _attempts(moves):
        if not move.keys() <= safe and _holds(move, values, floor):
            safe |= move.keys()
    return set(unseen) - safe


def determined(sums: Sequence[Sum], unseen: Collection[Any]) -> set[Any]:
    """Those of ``unseen`` that the sums and all other cells fix for certain, whatever whole numbers are possible."""
    return set(unseen) - {cell for move in _moves(sums, unseen) for cell in move}


def _moves(sums: Sequence[Sum], unseen: Collection[Any]) -> list[dict[Any, int]]:
    movable = sorted(unseen, key=repr)
    return list(_null_space(_equations(sums, movable), movable))


def _first_exposed(
    values: Mapping[Any, int],
    sums: Sequence[Sum],
    withheld: Mapping[Any, bool],
    hidden: set[Any],
    small: Collection[Any],
) -> list[Any]:
    guarded = [*withheld, *(c for c in hidden if c in small)]
    floor = dict.fromkeys(withheld, 1)
    computed = computable(values, sums, {*withheld, *hidden}, floor)
    return sorted((c for c in guarded if c in computed), key=lambda c: (values[c], repr(c)))[:1]


def _cover(
    exposed: Any,
    values: Mapping[Any, int],
    sums: Sequence[Sum],
    withheld: Mapping[Any, bool],
    hidden: set[Any],
    keep: Sequence[Any],
) -> Any:
    """The cell to withhold next: near the exposed one, a part rather than a total, small, but with room to move."""
    reached, near = {exposed}, [s for s in sums if exposed in s.cells]
    while near:
        candidates = [
            (c == s.total, values[c] < 2, values[c], repr(c), c)
            for s in near
            for c in s.cells
            if c in keep and c not in withheld and values[c] > 0
        ]
        if candidates:
            return min(candidates, key=lambda found: found[:4])[4]
        wider = {c for s in near for c in s.cells if c in withheld or c in hidden} - reached
        reached |= wider
        near = [s for s in sums if wider & set(s.cells)]
    raise UsageError(f"准予公开的数字会暴露 {exposed}：请撤回其中一项，或者一并准予公开。")


def _equations(sums: Sequence[Sum], movable: Sequence[Any]) -> list[Row]:
    columns = set(movable)
    equations = []
    for s in sums:
        row: Row = {}
        for cell, factor in ((s.total, -1), *((part, 1) for part in s.parts)):
            if cell in columns:
                row[cell] = row.get(cell, Fraction(0)) + factor
        row = {cell: factor for cell, factor in row.items() if factor}
        if row:
            equations.append(row)
    return equations


def _null_space(equations: list[Row], cells: Sequence[Any]) -> Iterator[dict[Any, int]]:
    """Moves of the cells that leave every sum as it is: a basis, in whole numbers (Gauss, reduced rows)."""
    pivots: dict[Any, Row] = {}
    for equation in equations:
        row = dict(equation)
        for pivot in [c for c in row if c in pivots]:
            _subtract(row, pivots[pivot], row[pivot])
        if not row:
            continue
        lead = next(iter(row))
        scale = row[lead]
        row = {c: factor / scale for c, factor in row.items()}
        for other in pivots.values():
            if lead in other:
                _subtract(other, row, other[lead])
        pivots[lead] = row
    for free in cells:
        if free in pivots:
            continue
        move = {free: Fraction(1)} | {p: -row[free] for p, row in pivots.items() if free in row}
        scale_up = lcm(*(f.denominator for f in move.values()))
        yield {c: int(f * scale_up) for c, f in move.items()}


def _subtract(row: Row, other: Row, factor: Fraction) -> None:
    for cell, value in other.items():
        left = row.get(cell, Fraction(0)) - factor * value
        if left:
            row[cell] = left
        else:
            row.pop(cell, None)


def _attempts(moves: list[dict[Any, int]]) -> Iterator[dict[Any, int]]:
    """Each move, then each two together and one against the other, where they touch."""
    yield from moves
    for i, first in enumerate(moves):
        for second in moves[i + 1 :]:
            if first.keys() & second.keys():
                for sign in (1, -1):
                    both = {c: first.get(c, 0) + sign * second.get(c, 0) for c in first.keys() | second.keys()}
                    yield {c: step for c, step in both.items() if step}


def _holds(move: dict[Any, int], values: Mapping[Any, int], floor: Mapping[Any, int]) -> bool:
    """Whether the move, or its reverse, leaves every cell at a value that the reader must reckon with."""
    return any(all(values[c] + sign * step >= floor.get(c, 0) for c, step in move.items()) for sign in (1, -1))
