"""A table of exact measures by figure and breakdown, and the few ways to fill it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

Exact = int | Fraction | Decimal | date | None
By = tuple[tuple[str, str], ...]
WHOLE: By = ()


@dataclass(frozen=True)
class Measure:
    """An exact value, with what it is a ratio of where that is due."""

    value: Exact
    numerator: Exact = None
    denominator: Exact = None
    is_ratio: bool = False  # numerator and denominator are shown, null ones too


class Table(dict[tuple[str, By], Measure]):
    """Measures by (figure, breakdown)."""

    def __init__(self, townships: Mapping[str, str]) -> None:
        """``townships`` gives the name of every code."""
        super().__init__()
        self.townships = townships

    def put(self, figure: str, value: Exact, by: By = WHOLE) -> None:
        """One value that is no ratio."""
        self[figure, by] = Measure(value)

    def put_ratio(
        self, figure: str, numerator: int | Fraction | None, denominator: int | Fraction | None, by: By = WHOLE
    ) -> None:
        """One ratio: null when the denominator is null or zero."""
        value = None
        if numerator is not None and denominator:
            value = Fraction(numerator) / Fraction(denominator)
        self[figure, by] = Measure(value, numerator, denominator, is_ratio=True)

    def put_part(self, figure: str, part: int, whole: int, by: By = WHOLE) -> None:
        """A count shown with what it is part of."""
        self[figure, by] = Measure(part, part, whole, is_ratio=True)

    def count_by_township(self, figure: str, townships: Iterable[str]) -> None:
        """The whole and every township; ``townships`` has one code for each thing counted."""
        codes = list(townships)
        self.put(figure, len(codes))
        for code, name in self.townships.items():
            self.put(figure, codes.count(code), (("township", name),))

    def count_by(self, figure: str, label: str, names: Iterable[str], found: Iterable[str]) -> None:
        """A row for each of ``names``: how often it is found."""
        seen = list(found)
        for name in names:
            self.put(figure, seen.count(name), ((label, name),))

    def divide(self, figure: str, numerator: str, denominator: str) -> None:
        """The ratio of two counts in every breakdown that both have."""
        for name, by in list(self):
            if name == numerator and (denominator, by) in self:
                over, under = self[numerator, by].value, self[denominator, by].value
                if not isinstance(over, int) or not isinstance(under, int):
                    raise TypeError(f"{figure} {by}: [{over!r}] / [{under!r}]")
                self.put_ratio(figure, over, under, by)
