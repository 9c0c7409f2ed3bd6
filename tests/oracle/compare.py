"""Figures of the project beside those of the oracle: every difference, in words."""

from __future__ import annotations

import math
from typing import Any

COMPARED = (
    *("value", "numerator", "denominator", "previous", "change"),
    *("ci95", "p_value", "previous_same_lag", "age_days", "change_points", "quarter", "spent_as_of"),
)
TOLERANCE = 1e-9

Figure = dict[str, Any]


def differences(theirs: list[Figure], ours: list[Figure]) -> list[str]:
    """What the oracle (``theirs``) has and the project (``ours``) lacks or gives otherwise, and cells only we have."""
    mine = {_cell(f): f for f in ours}
    wanted = {_cell(f): f for f in theirs}
    found = [f"missing: {cell}" for cell in wanted if cell not in mine]
    found += [f"unknown to the oracle: {cell} = {mine[cell]['value']}" for cell in mine if cell not in wanted]
    for cell, figure in wanted.items():
        if cell not in mine:
            continue
        for name in COMPARED:
            if name in figure and not same(figure[name], mine[cell].get(name)):
                found.append(f"{cell} {name}: oracle {figure[name]!r}, project {mine[cell].get(name)!r}")
    return found


def same(left: Any, right: Any) -> bool:
    """Equal, or floating numbers within 1e-9 relative, lists item by item."""
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, float) or isinstance(right, float):
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return False
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(left == right)


def _cell(figure: Figure) -> tuple[str, tuple[tuple[str, str], ...]]:
    return figure["id"], tuple(sorted(figure["by"].items()))
