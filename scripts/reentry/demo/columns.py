"""Typed columns of the demo world."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from reentry.demo.days import Bools, Ints
from reentry.project import SEEDS


@dataclass(frozen=True)
class Column:
    """One column of n typed values.

    ``values`` by kind: pick: positions in ``words`` (-1 null); serial: numbers written with ``prefix`` and padded to
    ``width`` (-1 null); date, month: days (NONE null); quarter: year × 4 + quarter - 1; duration: months (-1 null);
    money: cents (NONE null); integer: itself (NONE null); flag: 0, 1, -1 null; code: the code as a number (-1 null);
    township, district: positions in the place (-1 null).
    """

    kind: str
    values: npt.NDArray[Any]
    words: pa.Array | None = None
    prefix: str = ""
    width: int = 0
    codes: str = ""

    def take(self, rows: Ints) -> Column:
        """The same column of the given rows."""
        return replace(self, values=self.values[rows])


@dataclass
class Table:
    """Columns of equal length by contract name, and when each row becomes known.

    ``delivery`` is the position of the first delivery that holds the row (int16; -1 never), ``base`` the number of
    the record a row is a version of (versions of one record share it and come in order), ``fragile`` true where
    a figure of the letter rests on the row, so that no dirt may change what it says.
    """

    columns: dict[str, Column]
    delivery: Ints
    base: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    fragile: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        if not len(self.base):
            self.base = np.arange(len(self.delivery))
        if not len(self.fragile):
            self.fragile = np.zeros(len(self.delivery), dtype=bool)

    def __len__(self) -> int:
        return len(self.delivery)

    def take(self, rows: Ints) -> Table:
        """The given rows."""
        columns = {n: c.take(rows) for n, c in self.columns.items()}
        return Table(columns, self.delivery[rows], self.base[rows], self.fragile[rows])


def pick(index: Ints, words: pa.Array | Sequence[str]) -> Column:
    """A text column that points into ``words``."""
    return Column("pick", np.asarray(index), words if isinstance(words, pa.Array) else pa.array(list(words)))


def join(tables: Sequence[Table]) -> Table:
    """The tables below one another; columns as in the first."""
    columns = {
        name: replace(column, values=np.concatenate([t.columns[name].values for t in tables]))
        for name, column in tables[0].columns.items()
    }
    parts = ([getattr(t, name) for t in tables] for name in ("delivery", "base", "fragile"))
    return Table(columns, *(np.concatenate(part) for part in parts))


@cache
def code_words(name: str) -> dict[int, tuple[str, str, tuple[str, ...]]]:
    """A code list of the seeds: code as a number → (code, text, other words)."""
    with (SEEDS / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            int(r["code"]): (r["code"], r["name"], tuple(w for w in r["words"].split("|") if w))
            for r in csv.DictReader(file)
        }
