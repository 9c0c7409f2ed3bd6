"""What a reader of withheld counts can work out, by mixed-integer programming; shares no code with the product."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Equation = Mapping[Hashable, int]  # factors; the products with the cells' values add up to zero


def determined(
    equations: Sequence[Equation],
    truth: Mapping[Hashable, int],
    *,
    seen: Collection[Hashable],
    known_small: Collection[Hashable],
    wanted: Collection[Hashable],
) -> set[Hashable]:
    """Those of ``wanted`` that can have no other value than the true one: whole numbers, not negative.

    ``seen`` cells are as in ``truth``; unseen ones of ``known_small`` are 1 to 4; the reader expects nothing else.
    Cells without a truth are pieces nobody counted.
    """
    place = {cell: n for n, cell in enumerate({**{c: 1 for e in equations for c in e}, **dict.fromkeys(wanted)})}
    matrix = np.zeros((len(equations), len(place)))
    for row, equation in enumerate(equations):
        for cell, factor in equation.items():
            matrix[row, place[cell]] = factor
    low, high = np.zeros(len(place)), np.full(len(place), 10.0 * max(truth.values()) + 100)
    for cell, column in place.items():
        if cell in seen:
            low[column] = high[column] = truth[cell]
        elif cell in known_small:
            low[column], high[column] = 1, 4

    def possible(cell: Hashable, least: float, most: float) -> bool:
        if least > most:
            return False
        lower, upper = low.copy(), high.copy()
        lower[place[cell]], upper[place[cell]] = least, most
        constraints = LinearConstraint(matrix, 0, 0) if len(equations) else ()
        tried = milp(
            np.zeros(len(place)), integrality=np.ones(len(place)), bounds=Bounds(lower, upper), constraints=constraints
        )
        assert tried.status in (0, 2), tried.message  # solved, or shown to be impossible
        return bool(tried.status == 0)

    return {
        cell
        for cell in wanted
        if cell in seen
        or not (possible(cell, low[place[cell]], truth[cell] - 1) or possible(cell, truth[cell] + 1, high[place[cell]]))
    }
