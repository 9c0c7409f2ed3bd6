"""The shape of a file: keys twice, rows that are no data, withdrawals, what lies beside the columns."""

from __future__ import annotations

from reentry.demo.draft import Value
from reentry.demo.layout import HIDDEN_SHEET
from reentry.demo.scene import Work


def plant_shape(work: Work) -> None:
    """Plants everything that is no matter of single cells."""
    _withdrawals(work)
    _twice(work)
    _no_data(work)
    _beside(work)


def _twice(work: Work) -> None:
    """The same key twice: the later row is the right one, the earlier an older state or the same."""
    draft, feed = work.draft, work.scene.feed
    spare = [
        c.name for c in feed.columns if not c.required and c.type in ("text", "integer", "money") and work.has(c.name)
    ]
    spare = [c for c in spare if c not in ("release_no", "grant_no")]
    for row in work.rows(work.times(0.35), fragile=True):
        earlier = draft.copy(row, row - 1)
        draft.used.add(row)
        if spare and work.rng.random() < 0.7:
            draft.set(earlier, str(work.rng.choice(spare)), "")
        draft.mark("key twice in a file", "W11", earlier)


def _no_data(work: Work) -> None:
    """Blank rows, 小计 rows with sums of their own, headers repeated in the middle as after a page break."""
    draft, layout, rng = work.draft, work.layout, work.rng
    if not work.natural:
        return

    def place() -> int:
        return int(rng.integers(0, work.natural))

    first = layout.order[0]
    for _ in range(work.times(0.5)):
        draft.mark("blank row", "", draft.skip({}, place()))
    sums = [c.name for c in work.scene.feed.columns if c.totalled and work.has(c.name) and c.name != first]
    if sums and rng.random() < 0.25:
        for _ in range(int(rng.integers(1, 4))):
            values: dict[str, Value] = {first: str(rng.choice(["小计", "小 计", "小计："]))}
            values[sums[0]] = str(int(rng.integers(1, 9000)))
            draft.mark("subtotal row", "", draft.skip(values, place()))
    # Where records may be sealed a repeated header would read as a sealed one and refuse the file.
    if rng.random() < 0.04 and not work.has("sealed"):
        handle = draft.add({name: layout.headers[name] for name in layout.order}, place())
        for column in work.scene.feed.columns:
            if column.required and column.type not in ("text", "person_name"):
                draft.mark("header repeated", "Q1", handle, column.name)


def _withdrawals(work: Work) -> None:
    """Rows that were never right: sent now, withdrawn next time with nothing but their key."""
    scene, draft = work.scene, work.draft
    feed, keys = scene.feed, scene.feed.key
    if feed.is_snapshot:
        return
    if "!withdrawn" in work.layout.order:
        for key in scene.withdraw:
            word = str(work.rng.choice(["是", "1", "√", "true", "Y", "有"]))
            draft.mark("withdrawal", "", draft.add({**key, "!withdrawn": word}, work.draft.n - 1))
        scene.withdraw = []
    text_key = all(feed.column(name).type == "text" for name in keys)
    if scene.last or not text_key:
        return
    for row in work.rows(work.times(0.35), fragile=True):
        ghost = work.ghost(row)
        if work.has("grant_no"):
            draft.set(ghost, "grant_no", draft.text(ghost, keys[0]))
        draft.mark("row to be withdrawn", "", ghost)
        scene.withdraw.append({name: draft.text(ghost, name) for name in keys})


def _beside(work: Work) -> None:
    """What the rules say about columns, sheets and rows gone, marked for the record."""
    draft, layout = work.draft, work.layout
    for name in layout.order:
        if name.startswith("?"):
            draft.mark("unknown column", "W14", None, layout.headers[name])
    if layout.hidden_sheet:
        draft.mark("hidden sheet", "W14", None, HIDDEN_SHEET)
    for _ in range(work.scene.vanished):
        draft.mark("record gone from the list", "W12")
    if any(style == "wan" for style in layout.styles.values()):
        draft.mark("amounts in 万元", "")
