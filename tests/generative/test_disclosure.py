"""Withheld cells of tables: no reader can work one out, as constraint programming finds by code of its own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generative.reader import determined
from long import sample
from reentry.errors import UsageError
from reentry.replies.disclosure import Relation, is_small, total_of, withhold

COUNTS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 14, 40])
System = tuple[dict[Hashable, int], list[Relation]]


@st.composite
def tables(draw: st.DrawFn, rows: int = 6, columns: int = 4) -> System:
    """A table with its margins, and perhaps a figure that lies within the row totals."""
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    inner: dict[Any, int] = {(r, c): draw(COUNTS) for r in range(height) for c in range(width)}
    values: dict[Hashable, int] = dict(inner)
    relations = []
    for r in range(height):
        values[r, "all"] = sum(inner[r, c] for c in range(width))
        relations.append(total_of((r, "all"), tuple((r, c) for c in range(width))))
    for c in range(width):
        values["all", c] = sum(inner[r, c] for r in range(height))
        relations.append(total_of(("all", c), tuple((r, c) for r in range(height))))
    values["all", "all"] = sum(inner.values())
    relations.append(total_of(("all", "all"), tuple((r, "all") for r in range(height))))
    relations.append(total_of(("all", "all"), tuple(("all", c) for c in range(width))))
    if draw(st.booleans()):
        for r in range(height):
            values["in", r] = draw(st.integers(0, values[r, "all"]))
            values["rest", r] = values[r, "all"] - values["in", r]
            relations.append(total_of((r, "all"), (("in", r), ("rest", r))))
        values["in", "all"] = sum(values["in", r] for r in range(height))
        relations.append(total_of(("in", "all"), tuple(("in", r) for r in range(height))))
    return values, relations


def equations(relations: list[Relation]) -> list[dict[Hashable, int]]:
    """The relations as the reader of the tests takes them."""
    return [dict(relation.terms) for relation in relations]


def visible(values: dict[Hashable, int]) -> set[Hashable]:
    """What a publisher would print: all but the remainders."""
    return {c for c in values if not (isinstance(c, tuple) and c[0] == "rest")}


@settings(max_examples=sample(60, 1000), deadline=None)
@given(tables())
def test_no_small_cell_can_be_worked_out_and_none_is_withheld_in_vain(system: System) -> None:
    """Nor a remainder of 1 to 4 that nobody prints; and each other cell withheld protects one."""
    values, relations = system
    small = {c for c, v in values.items() if is_small(v)}
    shown = visible(values)
    withheld = withhold(values, relations, sensitive=small, shown=shown)
    assert small & shown == {c for c, is_own in withheld.items() if is_own}
    # four counts of at least 1 whose sum is at most 4 are all 1: to be told that each is small tells them
    told = worked_out(values, relations, set(), small)
    seen = shown - withheld.keys()
    assert not worked_out(values, relations, seen, {*withheld, *small}) - told
    for cell in (c for c, is_own in withheld.items() if not is_own):
        assert worked_out(values, relations, seen | {cell}, small) - told


def worked_out(
    values: dict[Hashable, int], relations: list[Relation], seen: set[Hashable], wanted: set[Hashable]
) -> set[Hashable]:
    """What a reader finds who knows that printed cells that are withheld for being small are 1 to 4."""
    known_small = {c for c in visible(values) if is_small(values[c])} - seen
    return determined(equations(relations), values, seen=seen, known_small=known_small, wanted=wanted)


@settings(max_examples=60, deadline=None)
@given(tables())
def test_nothing_small_nothing_withheld(system: System) -> None:
    """Where no count is small, all is shown."""
    values, relations = system
    values = {c: v * 5 for c, v in values.items()}
    assert not withhold(values, relations, sensitive={c for c, v in values.items() if is_small(v)}, shown=set(values))


def test_one_small_cell_takes_a_second_with_it() -> None:
    """A row 3 + 6 + 20 = 29: the 3 alone could be computed, so the 6 goes too, not the total."""
    values = {"a": 3, "b": 6, "c": 20, "all": 29}
    withheld = withhold(values, [total_of("all", ("a", "b", "c"))], sensitive={"a"}, shown=set(values))
    assert withheld == {"a": True, "b": False}


@pytest.mark.parametrize(("first", "second"), [(1, 1), (4, 4)])
def test_two_cells_at_the_ends_of_1_to_4_are_not_enough(first: int, second: int) -> None:
    """1 + 1 = 2 and 4 + 4 = 8 leave no choice to one who knows that both are 1 to 4."""
    values = {"a": first, "b": second, "c": 20, "all": 20 + first + second}
    withheld = withhold(values, [total_of("all", ("a", "b", "c"))], sensitive={"a", "b"}, shown=set(values))
    assert withheld == {"a": True, "b": True, "c": False}


def test_a_release_that_gives_another_away_is_refused() -> None:
    """The second of two parts cannot be kept when the first and the total are released."""
    values = {"a": 3, "b": 6, "all": 9}
    with pytest.raises(UsageError, match="暴露 a"):
        withhold(values, [total_of("all", ("a", "b"))], sensitive={"a"}, shown=set(values), released={"b", "all"})
