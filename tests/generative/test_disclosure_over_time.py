"""Letters over windows that overlap in any way: no withheld number can be worked out, and none is withheld in vain."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from random import Random
from typing import Any

import pytest

from generative.reader import Equation, determined
from long import sample
from reentry.replies.cells import Cell
from reentry.replies.public import Verdict, catalogue_of, judge, said_cells

MONTHS, SMALLEST = 24, 5
TYPES, REASONS = ("低保", "住房", "医疗", "临时"), ("期满", "迁出", "死亡")
DAY = timedelta(days=1)
CATALOGUE = catalogue_of(
    [
        {"id": "relief.grants", "unit": "人次", "adds_over_time": True},
        {"id": "register.opened", "unit": "人", "adds_over_time": True},
        {"id": "register.closed", "unit": "人", "adds_over_time": True},
        {
            "id": "register.on_register",
            "unit": "人",
            "flows": [{"in": "register.opened", "out": "register.closed"}],
        },
    ],
    [],
)
FLOWS = (("relief.grants", TYPES), ("register.closed", REASONS), ("register.opened", ()))
Span = tuple[int, int]  # months, the second not included


@dataclass(frozen=True)
class World:
    """Monthly counts by figure and member, and who was on the register before."""

    monthly: dict[tuple[str, str], list[int]]
    at_first: int

    def count(self, figure: str, member: str, of: Span) -> int:
        """Of a member, or of all (the empty word)."""
        members = [m for f, m in self.monthly if f == figure and member in ("", m)]
        return sum(sum(self.monthly[figure, m][of[0] : of[1]]) for m in members)

    def stock(self, month: int) -> int:
        """On the register at the end of the month before ``month``."""
        came, went = (self.count(f"register.{word}", "", (0, month)) for word in ("opened", "closed"))
        return self.at_first + came - went


def make_world(random: Random) -> World:
    """Few events a month, many of none."""
    monthly = {
        (figure, member): random.choices([0, 0, 0, 0, 1, 1, 2, 3, 5, 8], k=MONTHS)
        for figure, members in FLOWS
        for member in members or ("",)
    }
    return World(monthly, random.randint(300, 400))


def make_windows(random: Random) -> list[Span]:
    """Two, three or seven: months, quarters, halves, years, and any others."""
    size, found = random.choice([2, 3, 7]), dict[Span, None]()
    while len(found) < size:
        length = random.choice([1, 3, 3, 6, 6, 12, 12, 24, 0])
        if length:
            first = random.randrange(MONTHS // length) * length
            found[first, first + length] = None
        else:
            first, last = sorted(random.sample(range(MONTHS + 1), 2))
            found[first, last] = None
    return list(found)


def first_of(month: int) -> date:
    return date(2023 + month // 12, month % 12 + 1, 1)


def document(world: World, of: Span) -> dict[str, Any]:
    """The figures of a window, as a pull gives them."""
    last = str(first_of(of[1]) - DAY)
    figures: list[dict[str, Any]] = [{"id": "register.on_register", "by": {}, "value": world.stock(of[1])}]
    for figure, members in FLOWS:
        name = "relief_type" if figure == "relief.grants" else "close_reason"
        figures += [
            {"id": figure, "by": {name: m} if m else {}, "value": world.count(figure, m, of)} for m in ("", *members)
        ]
    return {"from": str(first_of(of[0])), "to": last, "as_of": last, "figures": figures}


@dataclass
class Published:
    """What letters have printed, as a reader of a test sees it: cells are (figure, member, window)."""

    world: World
    truth: dict[Any, int]
    seen: set[Any]
    withheld: set[Any]

    def add(self, verdicts: dict[Cell, Verdict], spans: dict[str, Span]) -> None:
        """A letter."""
        for cell, verdict in verdicts.items():
            of = spans[f"{cell.starts_on} {cell.ends_on}"]
            member = cell.by[0][1] if cell.by else ""
            is_stock = cell.figure_id == "register.on_register"
            key = ("stock", "", of[1]) if is_stock else (cell.figure_id, member, of)
            self.truth[key] = self.world.stock(of[1]) if is_stock else self.world.count(cell.figure_id, member, of)
            (self.seen if verdict.is_shown else self.withheld).add(key)
        self.withheld -= self.seen

    def equations(self) -> Iterator[Equation]:
        """Windows and differences of windows are sums of pieces, all is the sum of members, stocks go by flows."""
        spans = sorted({key[2] for key in self.truth if key[0] != "stock"})
        cuts = sorted({month for of in spans for month in of})
        steps = list(pairwise(cuts))
        for figure, members in FLOWS:
            for member in ("", *members):
                for of in combinations(cuts, 2):
                    parts: dict[Hashable, int] = {
                        (figure, member, "piece", step): 1 for step in steps if of[0] <= step[0] and step[1] <= of[1]
                    }
                    yield {(figure, member, of): -1, **parts}
            if members:
                for step in steps:
                    yield {(figure, "", "piece", step): -1, **{(figure, m, "piece", step): 1 for m in members}}
        for key in self.differences():
            if len(key) > len(("figure", "member", "window")):
                figure, member, outer, inner = key
                yield {(figure, member, outer): -1, (figure, member, inner): 1, key: 1}
        for first, last in steps:
            yield {
                ("stock", "", first): 1,
                ("register.opened", "", "piece", (first, last)): 1,
                ("register.closed", "", "piece", (first, last)): -1,
                ("stock", "", last): -1,
            }

    def differences(self) -> dict[Any, int]:
        """What two windows give by subtraction, and any span between their first and last days, where it is 1 to 4."""
        spans = sorted({key[2] for key in self.truth if key[0] != "stock"})
        cuts = sorted({month for of in spans for month in of})
        nested = [(o, i) for o in spans for i in spans if o[0] < i[0] and i[1] < o[1]]
        every: dict[Any, int] = {
            (figure, member, of): self.world.count(figure, member, of)
            for figure, members in FLOWS
            for member in ("", *members)
            for of in combinations(cuts, 2)
        }
        every |= {
            (figure, member, outer, inner): every[figure, member, outer] - every[figure, member, inner]
            for figure, members in FLOWS
            for member in ("", *members)
            for outer, inner in nested
        }
        return {key: count for key, count in every.items() if 0 < count < SMALLEST}

    def given_away(self, seen: set[Any] | None = None, wanted: set[Any] | None = None) -> set[Any]:
        """The withheld cells and small differences that can be worked out."""
        small = {key for key in self.withheld if 0 < self.truth[key] < SMALLEST}
        differences = self.differences()
        return determined(
            list(self.equations()),
            {**self.truth, **differences},
            seen=self.seen if seen is None else seen,
            known_small=small,
            wanted=wanted if wanted is not None else self.withheld | differences.keys(),
        )


def printed(documents: list[dict[str, Any]]) -> list[Cell]:
    return [Cell.of(d, f["id"], f["by"]) for d in documents for f in d["figures"]]


@pytest.mark.parametrize("seed", range(sample(16, 600)))
def test_nothing_can_be_worked_out_and_nothing_is_withheld_in_vain(seed: int) -> None:
    """All windows in one letter, or one letter a window, in the order drawn."""
    random = Random(seed)
    world, of, at_once = make_world(random), make_windows(random), random.random() < 1 / 2
    spans = {f"{first_of(a)} {first_of(b) - DAY}": (a, b) for a, b in of}
    published = Published(world, {}, set(), set())
    earlier: list[dict[str, Any]] = []
    for letter in [of] if at_once else [[one] for one in of]:
        documents = [document(world, one) for one in letter]
        before = set(published.seen)
        verdicts = judge(documents, printed(documents), CATALOGUE, earlier=earlier)
        published.add(verdicts, spans)
        assert not published.given_away()
        covers = {key for key in published.withheld - before if published.truth[key] >= SMALLEST}
        newest = {key for key in covers if key[2] in letter or key[0] == "stock"}
        for key in newest:
            assert published.given_away(
                published.seen | {key}, published.withheld - {key} | published.differences().keys()
            )
        earlier += said_cells(documents, verdicts, CATALOGUE)


@pytest.mark.parametrize("order", [("year", "second"), ("second", "year")])
def test_a_year_and_its_second_half(order: tuple[str, str]) -> None:
    """7 in the year and 5 in its second half are 2 in the first: the letter that comes second withholds its number."""
    monthly = [1, 1, 0, 0, 0, 0, 2, 1, 1, 1, 0, 0, *[0] * 12]
    world = World({(f, m): monthly for f, members in FLOWS for m in members or ("",)}, 300)
    documents = {"year": document(world, (0, 12)), "second": document(world, (6, 12))}
    first, second = (documents[name] for name in order)
    cell = ("relief.grants", {"relief_type": "低保"})
    verdicts = judge([first], [Cell.of(first, *cell)], CATALOGUE)
    assert all(v.is_shown for v in verdicts.values())
    earlier = said_cells([first], verdicts, CATALOGUE)
    assert not judge([second], [Cell.of(second, *cell)], CATALOGUE, earlier=earlier)[Cell.of(second, *cell)].is_shown
