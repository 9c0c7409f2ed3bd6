"""One file in the making: its cells as text, what is changed in it, and which of it is dirt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from reentry.contract import Feed
from reentry.demo.columns import Table
from reentry.demo.days import Ints


@dataclass(frozen=True)
class Cell:
    """A cell of a workbook that is no text, as stored.

    ``kind``: n number, w number shown in 万, d date, b boolean, e error, f formula.
    """

    kind: str
    text: str


Value = str | Cell


@dataclass(frozen=True)
class Mark:
    """One piece of dirt: what it is, the rule it should meet ("" none), and where; ``handle`` None for the file."""

    kind: str
    rule: str
    handle: int | None = None
    column: str = ""


@dataclass
class Draft:
    """The data rows of a file by contract column, plus added rows.

    Rows have handles: 0 … n-1 those of the table, larger ones added. ``overrides`` and ``added`` hold single cells;
    ``after`` says behind which table row (-1: before all) an added row stands.
    """

    feed: Feed
    table: Table
    cells: dict[str, pa.Array]
    kinds: dict[str, str]
    styles: dict[str, str]
    n: int
    resent: int = 0  # the last rows of the table are repeated from the delivery before
    overrides: dict[str, dict[int, Value]] = field(default_factory=dict)
    added: list[dict[str, Value]] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    skipped: set[int] = field(default_factory=set)
    surplus: dict[int, list[str]] = field(default_factory=dict)
    broken: dict[int, tuple[str, str]] = field(default_factory=dict)  # handle → column, how its quotes are spoilt (CSV)
    merged: list[tuple[int, str]] = field(default_factory=list)  # the upper of two rows whose cells are merged; column
    marks: list[Mark] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # table rows that dirt has touched

    def text(self, handle: int, column: str) -> str:
        """The text of a cell as it stands now; of a typed cell its stored value."""
        if handle >= self.n:
            value = self.added[handle - self.n].get(column, "")
        else:
            changed = self.overrides.get(column, {}).get(handle)
            value = str(self.cells[column][handle].as_py()) if changed is None else changed
        return value.text if isinstance(value, Cell) else value

    def is_in_yuan(self, handle: int, column: str) -> bool:
        """Whether a cell holds yuan that its number format shows in 万."""
        value = self.overrides.get(column, {}).get(handle)
        return isinstance(value, Cell) and value.kind == "w"

    def set(self, handle: int, column: str, value: Value) -> None:
        """Writes a cell."""
        if handle >= self.n:
            self.added[handle - self.n][column] = value
        else:
            self.overrides.setdefault(column, {})[handle] = value
            self.used.add(handle)

    def add(self, values: dict[str, Value], after: int) -> int:
        """Adds a row; its handle."""
        self.added.append(dict(values))
        self.after.append(after)
        return self.n + len(self.added) - 1

    def copy(self, handle: int, after: int | None = None) -> int:
        """Adds a copy of a row, behind it by default; its handle."""
        values: dict[str, Value] = {}
        for column, cells in self.cells.items():
            value: Value = self.text(handle, column)
            if handle < self.n and handle not in self.overrides.get(column, {}) and self.kinds[column] != "s" and value:
                value = Cell(self.kinds[column], str(cells[handle].as_py()))
            values[column] = value
        return self.add(values, handle if after is None else after)

    def skip(self, values: dict[str, Value], after: int) -> int:
        """Adds a row that is no data."""
        handle = self.add(values, after)
        self.skipped.add(handle)
        return handle

    def mark(self, kind: str, rule: str, handle: int | None = None, column: str = "") -> None:
        """Records dirt."""
        self.marks.append(Mark(kind, rule, handle, column))

    def order(self) -> Ints:
        """Handles in the order of the file."""
        base = np.arange(self.n)
        if not self.added:
            return base
        positions = np.array(self.after) + 1
        return np.insert(base, positions, self.n + np.arange(len(self.added)))
