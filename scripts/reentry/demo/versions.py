"""From facts to deliveries: which rows, and which versions of them, each file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reentry.demo.columns import Column, Table, join
from reentry.demo.days import Ints

Rows = Callable[[int], Table]  # position of a delivery → its rows


@dataclass(frozen=True)
class Change:
    """A later version of some rows: ``rows`` into the first versions, ``delivery`` of each, new values by column."""

    rows: Ints
    delivery: Ints
    values: Mapping[str, npt.NDArray[Any]]


def with_changes(table: Table, changes: list[Change]) -> Table:
    """First versions and later ones, in order; a version that comes no later than the first is the first."""
    parts = [table]
    for change in changes:
        first = table.delivery[change.rows]
        good = (change.delivery >= 0) & (first >= 0)
        rows = change.rows[good]
        part = table.take(rows)
        part.delivery = np.maximum(change.delivery[good], first[good]).astype(np.int16)
        for name, values in change.values.items():
            column = part.columns[name]
            part.columns[name] = replace(column, values=np.asarray(values)[good].astype(column.values.dtype))
        parts.append(part)
    return join(parts)


def by_delivery(table: Table) -> Rows:
    """The rows of each delivery; of several versions of one row in one delivery the last alone."""
    versioned = bool((np.diff(table.base) <= 0).any())
    order = np.argsort(table.delivery, kind="stable")
    edges = np.searchsorted(table.delivery[order], np.arange(int(table.delivery.max(initial=0)) + 2))

    def rows(position: int) -> Table:
        if position + 1 >= len(edges):
            return table.take(np.zeros(0, dtype=np.int64))
        chosen = order[edges[position] : edges[position + 1]]
        return table.take(chosen[np.sort(last_versions(table.base[chosen]))] if versioned else chosen)

    return rows


def last_versions(base: Ints) -> Ints:
    """Positions of the last of each value."""
    _, first = np.unique(base[::-1], return_index=True)
    return len(base) - 1 - first


def number(days: Ints) -> Ints:
    """Numbers of the form year × 10⁸ + count, unique, int64."""
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years * 100_000_000 + np.arange(len(days)) + 1


def numbered(prefix: str, numbers: Ints) -> Column:
    """A key column of such numbers."""
    return Column("serial", numbers, prefix=prefix, width=12)
