"""What other programs do to cells: keys and dates of spreadsheets, formulas nobody calculated, characters nobody has.

Drawn from a stream of its own, behind all other dirt, which stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from reentry.demo.days import NONE
from reentry.demo.draft import Cell
from reentry.demo.scene import Work

_EPOCH_CELL = 25_569  # Excel's number of 1970-01-01
_EARLY = "9995023148"  # 43 seconds before midnight: what exporters in UTC+8 make of a date


def plant_odd(work: Work) -> None:
    """Plants rows whose key is lost (Q7), formulas without a value (W15), early dates (W17), damaged names (W16)."""
    scene = work.scene
    work = replace(work, rng=scene.world.stream("odd", scene.feed.id, scene.delivered, scene.position))
    _lost_keys(work)
    _damaged_names(work)
    if work.layout.is_workbook:
        _formulas(work)
        _early_dates(work)


def _lost_keys(work: Work) -> None:
    """A row that was never seen, under what Excel left of a long number."""
    feed, draft = work.scene.feed, work.draft
    if len(feed.key) > 1 or feed.column(feed.key[0]).type != "text":
        return
    key = feed.key[0]
    for row in work.rows(work.times(0.08)):
        handle = draft.copy(row)
        draft.used.add(row)
        number = f"{work.rng.integers(500_100, 500_240)}20250{work.rng.integers(1_000_000, 9_999_999)}"
        value = Cell("n", number) if work.layout.is_workbook else f"{int(number):.5E}"
        draft.set(handle, key, value)
        draft.mark("key spoilt by Excel", "Q7", handle, key)


def _damaged_names(work: Work) -> None:
    """A converter had no such character. Whose name it is the id says, so the other rows of the person disagree."""
    if not work.has("name") or not work.has("id_no") or work.scene.feed.id == "police.residence":
        return
    for row in work.rows(work.times(0.05)):
        name = work.draft.text(row, "name")
        if len(name) > 1 and not any(c.isascii() or c == "·" for c in name):
            work.draft.set(row, "name", name[:-1] + str(work.rng.choice(["?", "□"])))
            work.draft.mark("name damaged", "W16", row, "name")
            work.draft.mark("one id, two names", "W08", row, "name")


def _formulas(work: Work) -> None:
    free = [c for c in work.scene.feed.columns if not c.required and work.has(c.name) and c.type == "text"]
    free = [c for c in free if c.name not in ("release_no", "certificate_no")]
    for row in work.rows(work.times(0.2)) if free else []:
        column = free[int(work.rng.integers(0, len(free)))]
        work.draft.set(row, column.name, Cell("f", f"A{row + 1}"))
        work.draft.mark("formula without a value", "W15", row, column.name)


def _early_dates(work: Work) -> None:
    """Date cells 43 seconds before the day they mean."""
    draft = work.draft
    dates = [c.name for c in work.scene.feed.columns if work.has(c.name) and draft.kinds[c.name] == "d"]
    dates = [name for name in dates if work.scene.feed.column(name).type == "date"]
    if not dates or work.rng.random() > 0.2:
        return
    column = dates[int(work.rng.integers(0, len(dates)))]
    values, early = draft.table.columns[column].values, []
    for row in work.rows(20, fragile=True):
        if values[row] != NONE and row not in draft.overrides.get(column, {}):
            early.append(row)
            draft.overrides.setdefault(column, {})[row] = Cell("d", f"{int(values[row]) + _EPOCH_CELL - 1}.{_EARLY}")
    if early:
        draft.mark("dates 43 seconds early", "W17", None, column)
