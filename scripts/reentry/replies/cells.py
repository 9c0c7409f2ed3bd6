"""Numbers that public versions print or give away, and what binds them to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reentry.replies.disclosure import Relation, is_small, total_of
from reentry.replies.timeline import DAY, Span


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

    of: Any
    taken: Any

    def __repr__(self) -> str:
        return f"{self.of} − {self.taken}"


@dataclass(frozen=True)
class Piece:
    """The number of a figure's events in a span of time between first and last days of windows."""

    figure_id: str
    by: tuple[tuple[str, str], ...]
    span: Span

    def __repr__(self) -> str:
        first, last = self.span[0], self.span[1] - DAY
        return repr(Cell(str(first), str(last), str(last), self.figure_id, self.by))


@dataclass(frozen=True)
class Revised:
    """A cell as it was said before, where it says something else now."""

    cell: Cell
    number: int

    def __repr__(self) -> str:
        return f"{self.cell} as said before"


@dataclass
class System:
    """Cells and what binds them; readers have the ``public`` ones, and know of the ``withheld`` ones."""

    values: dict[Any, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    small: set[Any] = field(default_factory=set)
    public: set[Any] = field(default_factory=set)
    withheld: set[Any] = field(default_factory=set)


def add_part(system: System, outer: Any, inner: Any, *, is_sensitive: bool) -> None:
    rest = Part(outer, inner)
    count = system.values[outer] - system.values[inner]
    if count < 0:
        return
    system.values[rest] = count
    system.relations.append(total_of(outer, [inner, rest]))
    if is_sensitive and is_small(count):
        system.small.add(rest)
