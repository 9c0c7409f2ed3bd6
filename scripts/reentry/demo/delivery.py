"""Writes the deliveries of each feed and keeps the record of what was planted in them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from reentry.contract import Feed
from reentry.demo.columns import Table
from reentry.demo.days import day, to_date
from reentry.demo.dirt import soil
from reentry.demo.draft import Draft
from reentry.demo.finish import add_total, make_draft, row_numbers, write_draft
from reentry.demo.forms import FANCY_ROWS
from reentry.demo.layout import Layout, make_layout, plain_layout
from reentry.demo.refusals import KINDS, write_refused
from reentry.demo.scene import Decision, Scene, Work
from reentry.demo.versions import Rows
from reentry.demo.world import World

MAX_ROWS = 2_000_000  # rows of one file: a larger incremental delivery is sent in parts
_COLUMNS = ["kind", "rule", "feed", "file", "row_no", "column"]


@dataclass
class Planted:
    """What was written: the number of files, and ``dirt`` with one row per piece.

    Columns of ``dirt``: kind; rule ("" where no finding is due); feed; file relative to the inbox; row_no, the
    record number from 1 with titles and header counted (NA for the whole file); column of the contract ("" for the
    whole row).
    """

    files: int = 0
    dirt: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_COLUMNS))


class Inbox:
    """An inbox being filled; nothing later than ``through`` is written."""

    def __init__(self, out: Path, world: World, *, through: date, clean: bool, refused: bool) -> None:
        self._out, self._world = out, world
        self._through, self._clean, self._refused = day(through), clean, refused
        self._files = 0
        self._decisions: list[Decision] = []
        self._dirt: list[tuple[str, str, str, str, int | None, str]] = []
        out.mkdir(parents=True, exist_ok=True)

    def write_feed(self, feed: Feed, rows: Rows) -> None:
        """All deliveries of one feed, in order."""
        days = self._world.schedules[feed.id].days
        scene = Scene(self._world, feed)
        newest: Path | None = None
        for position, when in enumerate(days):
            if when > self._through:
                break
            table = rows(position)
            last = position + 1 == len(days)
            if not len(table) and not scene.repair:
                if last and newest is not None and not self._clean:
                    self._again(feed, newest, int(when))
                continue
            bad = self._refused and feed.id in KINDS and position == len(days) // 2
            if bad:
                self._bad(feed, table, int(when))
            for number, part in enumerate(self._parts(feed, table, int(when)), 2 if bad else 1):
                scene.begin(position=position, last=last, delivered=int(when))
                newest = self._write(scene, part, number)
            if not self._clean and not last and self._world.stream("again", feed.id, when).random() < 0.02 and newest:
                self._again(feed, newest, int(when) + 6)

        self._decisions += scene.decisions

    def _parts(self, feed: Feed, table: Table, when: int) -> list[Table]:
        """The files of one delivery."""
        count = max(1, -(-len(table) // MAX_ROWS))
        split = not feed.is_snapshot and 10 < len(table) <= FANCY_ROWS and not self._clean
        if split and self._world.stream("split", feed.id, when).random() < 0.04:
            count = 2
        if feed.is_snapshot or count == 1:
            return [table]
        return [table.take(rows) for rows in np.array_split(np.arange(len(table)), count)]

    def _write(self, scene: Scene, table: Table, number: int) -> Path:
        feed, delivered = scene.feed, scene.delivered
        rng = self._world.stream("layout", feed.id, delivered, number)
        layout = plain_layout(feed) if self._clean else make_layout(rng, feed, len(table), to_date(delivered))
        resent = 0
        if not self._clean:
            table, resent = scene.prepare(table, self._world.stream("prepare", feed.id, delivered, number))
            if scene.withdraw and len(table) <= FANCY_ROWS:
                layout.add_withdrawn()
        draft = make_draft(Draft(feed, table, {}, {}, {}, len(table), resent), layout, self._world.place, rng)
        if not self._clean:
            soil(Work(scene, draft, layout, self._world.stream("dirt", feed.id, delivered, number)))
            if layout.total and not draft.broken:
                add_total(draft, layout, rng)
        if not self._clean:
            scene.count(draft)
        path = self._path(feed, layout, delivered, number)
        write_draft(draft, layout, path)
        self._files += 1
        numbers = row_numbers(draft, layout)
        name = path.relative_to(self._out).as_posix()
        self._dirt += [
            (m.kind, m.rule, feed.id, name, None if m.handle is None else numbers[m.handle], m.column)
            for m in draft.marks
        ]
        return path

    def _path(self, feed: Feed, layout: Layout, delivered: int, number: int) -> Path:
        stamp = f"{to_date(delivered):%Y%m%d}" + (f"_{number}" if number > 1 else "")
        agency, name = (feed.agency_zh, feed.name_zh) if layout.chinese else (feed.agency, feed.name)
        return self._out / agency / f"{name}_{stamp}.{layout.suffix}"

    def _bad(self, feed: Feed, table: Table, when: int) -> None:
        rule, path = write_refused(self._out, feed, table, self._world.place, self._world.stream, when)
        self._files += 1
        self._dirt.append((KINDS[feed.id][0], rule, feed.id, path.relative_to(self._out).as_posix(), None, ""))

    def _again(self, feed: Feed, newest: Path, when: int) -> None:
        """The newest file once more, under a later date."""
        if when > self._through:
            return
        path = newest.with_name(f"{newest.name.rsplit('_20', 1)[0]}_{to_date(when):%Y%m%d}{newest.suffix}")
        shutil.copyfile(newest, path)
        self._files += 1
        self._dirt.append(("identical file", "D1", feed.id, path.relative_to(self._out).as_posix(), None, ""))

    def write_links(self) -> None:
        """The decisions of a person on single rows, in the order in which they were made."""
        if self._clean:
            return
        lines = ["agency,feed,key,id_no,decided_on,decided_by"]
        for d in sorted(self._decisions, key=lambda d: d.decided_on):
            lines.append(f"{d.agency},{d.feed},{d.key},{d.id_no},{to_date(d.decided_on)},演示科员")
        lock = self._out / "justice" / "~$register_20250619.xlsx"  # left behind by a spreadsheet program: no feed
        lock.parent.mkdir(exist_ok=True)
        lock.write_bytes(b"demo")
        (self._out / "links.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def planted(self) -> Planted:
        """The record."""
        dirt = pd.DataFrame(self._dirt, columns=_COLUMNS)
        dirt["row_no"] = dirt["row_no"].astype("Int64")
        return Planted(self._files, dirt)
