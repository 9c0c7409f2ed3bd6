"""What dirt needs to know: the feed from delivery to delivery, and the file at hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reentry.contract import Feed
from reentry.demo.columns import Table, join
from reentry.demo.days import NONE, Bools, Ints, to_date
from reentry.demo.draft import Draft
from reentry.demo.layout import Layout
from reentry.demo.versions import last_versions
from reentry.demo.world import World

_RESENT = 6  # rows of the delivery before that are sent again, at most
_SETTLED = 45  # days after which a row of a snapshot has not changed since the snapshot before


@dataclass(frozen=True)
class Decision:
    """A line of links.csv: ``id_no`` empty means not one of ours."""

    agency: str
    feed: str
    key: str
    id_no: str
    decided_on: int


@dataclass
class Scene:
    """A feed from delivery to delivery: what is sent again next time, and what was sent before."""

    world: World
    feed: Feed
    position: int = 0
    last: bool = False
    delivered: int = 0
    repair: list[Table] = field(default_factory=list)  # rows that were broken, to be right in the next delivery
    before: Table | None = None  # the delivery before
    withdraw: list[dict[str, str]] = field(default_factory=list)  # keys of rows to be withdrawn
    gone: set[int] = field(default_factory=set)  # rows of a snapshot that will never be seen again
    listed: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # rows of the snapshot before
    vanished: int = 0  # rows missing in the file at hand that were in the one before
    rows_before: int = 0
    ghosts: int = 0
    decisions: list[Decision] = field(default_factory=list)

    def begin(self, *, position: int, last: bool, delivered: int) -> None:
        """A new file."""
        self.position, self.last, self.delivered = position, last, delivered

    def prepare(self, table: Table, rng: np.random.Generator) -> tuple[Table, int]:
        """The table with repaired rows and, at its end, some of the last delivery once more; how many those are.

        Of a snapshot instead the table without the rows that vanish.
        """
        if self.feed.is_snapshot:
            return self._without(table, rng), 0
        parts, known = [table], set(table.base.tolist()) if self.repair or self.before is not None else set()
        fixed = join(self.repair) if self.repair else table.take(np.zeros(0, dtype=np.int64))
        fixed = fixed.take(np.flatnonzero(~np.isin(fixed.base, table.base)))
        fixed = fixed.take(np.sort(last_versions(fixed.base)))
        parts.append(fixed)
        known |= set(fixed.base.tolist())
        resent = 0
        if self.before is not None and len(self.before):
            some = rng.permutation(len(self.before))[: int(rng.integers(0, _RESENT + 1))]
            again = self.before.take(
                np.array([i for i in some if int(self.before.base[i]) not in known], dtype=np.int64)
            )
            resent = len(again)
            parts.append(again)
        self.before = (
            table.take(np.sort(rng.permutation(len(table))[:60])) if len(table) < 10**6 else table.take(np.arange(60))
        )
        self.repair = []
        return join(parts) if len(fixed) or resent else table, resent

    def count(self, draft: Draft) -> None:
        """Marks a row count far from that of the delivery before."""
        rows = draft.n + len(draft.added) - len(draft.skipped)
        if self.rows_before and abs(rows - self.rows_before) > 0.3 * self.rows_before:
            draft.mark("row count far from the one before", "W13")
        self.rows_before = rows

    def _without(self, table: Table, rng: np.random.Generator) -> Table:
        free = ~table.fragile & (table.base % 3 == 1)
        if self.feed.id == "justice.register":
            closed = table.columns["closed_on"].values
            old = free & (closed != NONE) & (closed < self.world.plan.quarter_before[0] - 400)
        else:
            old = free
        for_good = np.flatnonzero(old)
        if len(for_good) and rng.random() < 0.3 and len(table) > 15:
            self.gone.add(int(table.base[rng.choice(for_good)]))
        lost = np.isin(table.base, sorted(self.gone))
        if not self.last and self.position and rng.random() < 0.4 and free.any():
            lost[rng.permutation(np.flatnonzero(free))[: int(rng.integers(1, 4))]] = True
        if self.feed.id == "hr.public_posts" and self.position == len(self.world.schedules[self.feed.id].days) // 2:
            lost[:] = False
            lost[rng.permutation(len(table))[: round(0.36 * len(table))]] = len(table) > 11  # an incomplete list
        self.vanished, self.listed = int(np.isin(table.base[lost], self.listed).sum()), table.base[~lost]
        return table.take(np.flatnonzero(~lost)) if lost.any() else table


@dataclass
class Work:
    """One file that dirt is planted in."""

    scene: Scene
    draft: Draft
    layout: Layout
    rng: np.random.Generator

    @property
    def natural(self) -> int:
        """Number of table rows that are not merely sent again."""
        return self.draft.n - self.draft.resent

    def times(self, mean: float) -> int:
        """How often a kind of dirt occurs here: more in larger files."""
        if not self.natural:
            return 0
        return int(self.rng.poisson(mean * min(12.0, 0.35 + self.natural / 700)))

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self.layout.headers and column in self.draft.cells

    def rows(self, count: int, where: Bools | None = None, *, fragile: bool = False) -> list[int]:
        """Up to ``count`` different natural rows that are untouched yet; fragile ones only when asked for."""
        found: list[int] = []
        if not self.natural or count <= 0:
            return found
        table = self.draft.table
        for drawn in self.rng.integers(0, self.natural, 30 * count + 30):
            row = int(drawn)
            fine = (fragile or not table.fragile[row]) and (where is None or where[row])
            if fine and row not in self.draft.used and row not in found:
                found.append(row)
                if len(found) == count:
                    break
        return found

    def again(self) -> int | None:
        """A row that is sent again and untouched yet."""
        for row in range(self.natural, self.draft.n):
            if row not in self.draft.used:
                return row
        return None

    def ghost(self, row: int, after: int | None = None) -> int:
        """A copy of a row under a key that nobody else has."""
        handle = self.draft.copy(row, after)
        self.scene.ghosts += 1
        for column in self.scene.feed.key:
            kind = self.scene.feed.column(column).type
            if kind == "text":
                key = f"{self.draft.text(row, column)[:12]}X{self.scene.position:02}{self.scene.ghosts:05}"
                self.draft.set(handle, column, key)
            elif kind == "quarter":
                self.draft.set(handle, column, f"20{10 + self.scene.ghosts % 10}Q{self.scene.ghosts % 4 + 1}")
            elif kind == "month":
                self.draft.set(handle, column, f"20{10 + self.scene.ghosts % 9}-{self.scene.ghosts % 12 + 1:02}")
            elif kind == "integer":
                self.draft.set(handle, column, str(1950 + self.scene.ghosts % 50))
        self.draft.used.add(row)
        return handle

    def steady(self) -> Bools:
        """Rows of a snapshot that stood the same in the snapshot before, and were not missing there."""
        table, feed, day = self.draft.table, self.scene.feed.id, self.scene.delivered
        same = table.base % 3 == 0
        if feed == "justice.register":
            closed, opened = table.columns["closed_on"].values, table.columns["registered_on"].values
            return np.asarray(same & (opened < day - _SETTLED) & ((closed == NONE) | (closed < day - _SETTLED)))
        if feed == "hr.public_posts":
            return np.asarray(same & (table.columns["developed_on"].values < day - _SETTLED))
        return np.asarray(same)

    def day_text(self, day: int) -> str:
        """A date in one of the plain forms."""
        d = to_date(day)
        return str(
            self.rng.choice([f"{d:%Y-%m-%d}", f"{d:%Y/%m/%d}", f"{d:%Y%m%d}", f"{d.year}年{d.month}月{d.day}日"])
        )

    def value(self, row: int, column: str) -> int:
        """The true value of a table cell."""
        return int(self.draft.table.columns[column].values[row])

    def true_id(self, row: int) -> str:
        """The identity number that a table row would carry."""
        column = self.draft.table.columns["id_no"]
        return "" if column.values[row] < 0 or column.words is None else str(column.words[int(column.values[row])])

    def key_text(self, row: int) -> str:
        """The key of a table row, parts joined with |; only for keys that are serial numbers."""
        columns = (self.draft.table.columns[name] for name in self.scene.feed.key)
        return "|".join(f"{c.prefix}{int(c.values[row]):0{c.width}}" for c in columns)


def ints(values: list[int]) -> Ints:
    """An index array."""
    return np.array(values, dtype=np.int64)
