"""What goes wrong in one file: chooses from all kinds of dirt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reentry.contract import Feed
from reentry.demo.columns import Table
from reentry.demo.draft import Draft
from reentry.demo.layout import Layout
from reentry.demo.world import World


@dataclass
class Scene:
    """A feed from delivery to delivery: what is sent again next time, and what was sent before."""

    world: World
    feed: Feed
    position: int = 0
    last: bool = False
    delivered: int = 0
    repair: list[Table] = field(default_factory=list)  # broken rows, right in the next delivery
    before: Table | None = None  # a sample of the delivery before
    withdraw: list[dict[str, str]] = field(default_factory=list)  # keys of rows to be withdrawn

    def begin(self, *, position: int, last: bool, delivered: int) -> None:
        """A new file."""
        self.position, self.last, self.delivered = position, last, delivered

    def resend(self, table: Table) -> tuple[Table, int]:
        """The table with the repaired rows of the last delivery, then a few of its rows as they were."""
        return table, 0


def soil(scene: Scene, draft: Draft, layout: Layout, rng: np.random.Generator) -> None:
    """Plants dirt in the draft."""
