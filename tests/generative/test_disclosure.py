"""Withheld cells: no reader can compute one, by exact algebra that shares no code with the module."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reentry.errors import UsageError
from reentry.replies.disclosure import Sum, is_small, withhold

COUNTS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 14, 40])
System = tuple[dict[Hashable, int], list[Sum]]


@st.composite
def tables(draw: st.DrawFn, rows: int = 6, columns: int = 4) -> System:
    """A table with its margins, and perhaps a figure that lies within the row totals."""
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    inner: dict[Any, int] = {(r, c): draw(COUNTS) for r in range(height) for c in range(width)}
    values: dict[Hashable, int] = dict(inner)
    sums = []
    for r in range(height):
        values[r, "all"] = sum(inner[r, c] for c in range(width))
        sums.append(Sum((r, "all"), tuple((r, c) for c in range(width))))
    for c in range(width):
        values["all", c] = sum(inner[r, c] for r in range(height))
        sums.append(Sum(("all", c), tuple((r, c) for r in range(height))))
    values["all", "all"] = sum(inner.values())
    sums.append(Sum(("all", "all"), tuple((r, "all") for r in range(height))))
    sums.append(Sum(("all", "all"), tuple(("all", c) for c in range(width))))
    if draw(st.booleans()):
        for r in range(height):
            values["in", r] = draw(st.integers(0, values[r, "all"]))
            values["rest", r] = values[r, "all"] - values["in", r]
            sums.append(Sum((r, "all"), (("in", r), ("rest", r))))
        values["in", "all"] = sum(values["in", r] for r in range(height))
        sums.append(Sum(("in", "all"), tuple(("in", r) for r in range(height))))
    return values, sums


def solved(sums: list[Sum], unseen: list[Hashable]) -> set[Hashable]:
    """The unseen cells whose unit vector is a combination of the sums: what linear algebra gives a reader."""
    place = {cell: i for i, cell in enumerate(unseen)}
    matrix: list[list[Fraction]] = []
    for s in sums:
        row = [Fraction(0)] * len(unseen)
        for cell, factor in ((s.total, -1), *((p, 1) for p in s.parts)):
            if cell in place:
                row[place[cell]] += factor
        matrix.append(row)
    lead = 0
    pivots = []
    for column in range(len(unseen)):
        found = next((r for r in range(lead, len(matrix)) if matrix[r][column]), None)
        if found is None:
            continue
        matrix[lead], matrix[found] = matrix[found], matrix[lead]
        matrix[lead] = [x / matrix[lead][column] for x in matrix[lead]]
        for r in range(len(matrix)):
            if r != lead and matrix[r][column]:
                multiple = matrix[r][column]
                matrix[r] = [x - multiple * y for x, y in zip(matrix[r], matrix[lead], strict=True)]
        pivots.append((lead, column))
        lead += 1
    return {unseen[c] for r, c in pivots if sum(1 for x in matrix[r] if x) == 1}


def visible(values: dict[Hashable, int]) -> set[Hashable]:
    """What a publisher would print: all but the remainders."""
    return {c for c in values if not (isinstance(c, tuple) and c[0] == "rest")}


@settings(max_examples=150, deadline=None)
@given(tables())
def test_no_withheld_cell_is_determined_by_the_sums(system: System) -> None:
    """Nor is a remainder of 1 to 4 that nobody prints."""
    values, sums = system
    small = {c for c, v in values.items() if is_small(v)}
    shown = visible(values)
    withheld = withhold(values, sums, sensitive=small, shown=shown)
    assert small & shown <= {c for c, is_own in withheld.items() if is_own}
    unseen = [c for c in values if c in withheld or c not in shown]
    assert not solved(sums, unseen) & {*withheld, *(small - shown)}


@settings(max_examples=60, deadline=None)
@given(tables(rows=3, columns=3))
def test_whole_numbers_of_at_least_one_leave_a_choice(system: System) -> None:
    """Trying every whole number near by: each withheld cell can be more or less, with all that is shown unchanged."""
    values, sums = system
    values = {c: v for c, v in values.items() if c[0] not in ("in", "rest")}  # type: ignore[index]
    sums = [s for s in sums if set(s.cells) <= values.keys()]
    withheld = withhold(values, sums, sensitive={c for c, v in values.items() if is_small(v)}, shown=set(values))
    free = [c for c in withheld if not _is_margin(c)]
    if len(free) > 7:
        return
    seen_otherwise = set()
    for steps in product((-2, -1, 0, 1, 2), repeat=len(free)):
        tried = {**values, **{c: values[c] + step for c, step in zip(free, steps, strict=True)}}
        for s in sorted(sums, key=lambda s: _is_margin(s.parts[0])):
            if s.total in withheld:
                tried[s.total] = sum(tried[p] for p in s.parts)
        if all(tried[c] >= 1 for c in withheld) and all(tried[s.total] == sum(tried[p] for p in s.parts) for s in sums):
            seen_otherwise |= {c for c in withheld if tried[c] != values[c]}
    assert seen_otherwise == set(withheld)


def _is_margin(cell: Any) -> bool:
    return "all" in cell


@settings(max_examples=60, deadline=None)
@given(tables())
def test_nothing_small_nothing_withheld(system: System) -> None:
    """Where no count is small, all is shown."""
    values, sums = system
    values = {c: v * 5 for c, v in values.items()}
    assert not withhold(values, sums, sensitive={c for c, v in values.items() if is_small(v)}, shown=set(values))


def test_one_small_cell_takes_a_second_with_it() -> None:
    """A row 3 + 6 + 20 = 29: the 3 alone could be computed, so the 6 goes too, not the total."""
    values = {"a": 3, "b": 6, "c": 20, "all": 29}
    withheld = withhold(values, [Sum("all", ("a", "b", "c"))], sensitive={"a"}, shown=set(values))
    assert withheld == {"a": True, "b": False}


def test_two_ones_that_sum_to_two_are_not_enough() -> None:
    """1 + 1 = 2 leaves no choice to one who knows that zeros are never withheld."""
    values = {"a": 1, "b": 1, "c": 20, "all": 22}
    withheld = withhold(values, [Sum("all", ("a", "b", "c"))], sensitive={"a", "b"}, shown=set(values))
    assert withheld == {"a": True, "b": True, "c": False}


def test_a_release_that_gives_another_away_is_refused() -> None:
    """The second of two parts cannot be kept when the first and the total are released."""
    values = {"a": 3, "b": 6, "all": 9}
    with pytest.raises(UsageError, match="暴露 a"):
        withhold(values, [Sum("all", ("a", "b"))], sensitive={"a"}, shown=set(values), released={"b", "all"})
