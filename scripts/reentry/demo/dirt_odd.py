"""What other programs do to cells: keys, dates, units and merged cells of spreadsheets, formulas nobody calculated.

Drawn from a stream of its own, behind all other dirt, which stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from reentry.contract import Column
from reentry.demo.days import NONE
from reentry.demo.draft import Cell
from reentry.demo.forms import format_cents
from reentry.demo.scene import Work

_EPOCH_CELL = 25_569  # Excel's number of 1970-01-01
_EARLY = "9995023148"  # 43 seconds before midnight: what exporters in UTC+8 make of a date


def plant_odd(work: Work) -> None:
    """Plants lost keys (Q7), formulas without a value (W15), damaged names (W16), early dates (W17), merged cells (W18)
    and amounts that say 万 twice (W53).
    """
    scene = work.scene
    work = replace(work, rng=scene.world.stream("odd", scene.feed.id, scene.delivered, scene.position))
    _lost_keys(work)
    _damaged_names(work)
    if work.layout.is_workbook:
        _formulas(work)
        _early_dates(work)
        _merged_cells(work)
        _said_wan_twice(work)


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


def _free_texts(work: Work) -> list[Column]:
    """Optional columns of text that no rule compares."""
    return [
        c
        for c in work.scene.feed.columns
        if not c.required and work.has(c.name) and c.type == "text" and c.name not in ("release_no", "certificate_no")
    ]


def _formulas(work: Work) -> None:
    free = _free_texts(work)
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


def _merged_cells(work: Work) -> None:
    """Two rows with one cell: in a column that is filled downwards it holds for both, in others for the upper alone."""
    draft = work.draft
    fills = [c.name for c in work.scene.feed.columns if c.fills_down and work.has(c.name)]
    others = [c.name for c in _free_texts(work) if not c.fills_down]
    for names, rule in ((fills, ""), (others, "W18")):
        for row in work.rows(work.times(0.3), fragile=not rule) if names else []:
            name, below = str(work.rng.choice(names)), row + 1
            texts = [draft.text(r, name) for r in (row, below) if r < work.natural]
            touched = draft.overrides.get(name, {})
            is_free = below not in draft.used and row not in draft.after and not {row, below} & set(touched)
            is_free &= not rule or not _is_fragile(work, below)
            if len(texts) < 2 or not all(texts) or not is_free or (not rule and texts[0] != texts[1]):
                continue
            draft.used.add(row)
            draft.set(below, name, "")
            draft.merged.append((row, name))
            draft.mark("merged cells", rule, below, name)


def _is_fragile(work: Work, row: int) -> bool:
    return bool(work.draft.table.fragile[row])


def _said_wan_twice(work: Work) -> None:
    """Amounts in yuan under a header in 万元, whose number format makes them look like it."""
    draft = work.draft
    columns = [c.name for c in work.scene.feed.columns if c.type == "money" and draft.styles.get(c.name) == "wan"]
    if not columns or work.rng.random() > 0.4:
        return
    column = str(work.rng.choice(columns))
    touched = draft.overrides.get(column, {})
    rows = [row for row in work.rows(20, fragile=True) if row not in touched and work.value(row, column) != NONE]
    for row in rows:
        draft.set(row, column, Cell("w", format_cents(work.value(row, column), "plain")))
    if rows:
        draft.mark("amounts that say 万 twice", "W53", None, column)
