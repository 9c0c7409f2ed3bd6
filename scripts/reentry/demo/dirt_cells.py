"""Single cells: other forms, null words, blanks, and what does not parse (W01, W15)."""

from __future__ import annotations

from reentry.contract import Column
from reentry.demo.days import NONE
from reentry.demo.dirt_rows import BAD_TEXT
from reentry.demo.draft import Cell, Value
from reentry.demo.forms import STYLES, render
from reentry.demo.scene import Work, ints

_NULLS = ("-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "未知", "NULL", "null", "None", "N/A", "#N/A")
_ERRORS = ("#REF!", "#VALUE!", "#DIV/0!", "#NAME?")
_DECIDING = {"closed_on", "close_reason", "dual_direction", "dual_from", "dual_to", "counterpart_ack_on", "sealed"}
_LONG = (
    "情况说明：\n一、已走访；二、已登记",
    '自述"生活困难",需关注',
    "涉毒前科；夜不归宿\n（见附页）",
    "分号;逗号,制表\t均有",
)
_MOST = 25  # cells of a column in another form, at most


def plant_cells(work: Work) -> None:
    """Plants other forms first, then null words, then cells that fail."""
    for column in work.scene.feed.columns:
        if work.has(column.name):
            _forms(work, column)
    _blanks(work)
    _null_words(work)
    _failing(work)


def _forms(work: Work, column: Column) -> None:
    styles = list(STYLES.get(column.type, ()))
    if column.type == "date" and column.name != "birth_date":
        styles.append("serial")
    elif column.type == "money":
        styles = ["yuan", "wan_cell"] if work.draft.styles[column.name] == "wan" else [*styles, "wan_cell"]
    elif column.drop_suffix:
        styles.append("office")
    if not styles or work.rng.random() < 0.5:
        return
    values = work.draft.table.columns[column.name]
    for row in work.rows(min(_MOST, work.times(1.0)), fragile=True):
        style = str(work.rng.choice(styles))
        if column.type == "date" and style == "serial" and not 20_000 <= values.values[row] + 25_569 <= 60_000:
            continue
        if work.draft.kinds[column.name] == "d" and work.rng.random() < 0.3 and values.values[row] != NONE:
            stamp = Cell("d", f"{int(values.values[row]) + 25_569}.375")  # a date cell with a time of day
            work.draft.overrides.setdefault(column.name, {})[row] = stamp
            continue
        text = str(render(values.take(ints([row])), style, place=work.scene.world.place)[0].as_py())
        if text:
            work.draft.overrides.setdefault(column.name, {})[row] = text  # a form spoils nothing: the row stays free


def _blanks(work: Work) -> None:
    """Spaces that cannot be seen, and wide digits."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    names = [
        c.name for c in work.scene.feed.columns if work.has(c.name) and c.type not in ("resident_id", "person_name")
    ]
    for row in work.rows(work.times(1.5), fragile=True):
        column = str(work.rng.choice(names))
        text = work.draft.text(row, column)
        plain = work.draft.kinds[column] == "s" or isinstance(work.draft.overrides.get(column, {}).get(row), str)
        if text and plain:
            forms = [f"\u00a0{text}", f"{text}　", f"\u200b{text} ", text.translate(wide)]
            work.draft.set(row, column, str(work.rng.choice(forms)))
            work.draft.mark("blanks or wide digits", "", row, column)


def _null_words(work: Work) -> None:
    for column in work.scene.feed.columns:
        if column.required or not work.has(column.name) or column.name == "sealed":
            continue
        for row in work.rows(work.times(0.5), fragile=True):
            if work.draft.text(row, column.name):
                continue
            word = str(work.rng.choice(_NULLS))
            if word == "无" and column.type == "flag":
                continue  # there it is a word for no
            value: Value = Cell("e", word) if word == "#N/A" and work.layout.is_workbook else word
            work.draft.overrides.setdefault(column.name, {})[row] = value
            if column.name != "id_no":
                work.draft.mark("null word", "", row, column.name)


def _failing(work: Work) -> None:
    """Optional cells that do not parse, formula errors, townships of elsewhere, long texts."""
    scene, draft = work.scene, work.draft
    optional = [c for c in scene.feed.columns if not c.required and work.has(c.name)]
    if scene.feed.id == "justice.register" and scene.last:
        optional = [c for c in optional if c.name not in _DECIDING]
    typed = [c for c in optional if c.type in BAD_TEXT and c.type != "township" and c.name != "sealed"]
    for row in work.rows(work.times(0.7)) if typed else []:
        column = typed[int(work.rng.integers(0, len(typed)))]
        draft.set(row, column.name, str(work.rng.choice(list(BAD_TEXT[column.type]))))
        draft.mark("optional cell wrong", "W01", row, column.name)
    free = [c for c in optional if c.type == "text" and c.name not in ("release_no", "grant_no")]
    for row in work.rows(work.times(0.3)) if free else []:
        column = free[int(work.rng.integers(0, len(free)))]
        error = str(work.rng.choice(_ERRORS))
        draft.set(row, column.name, Cell("e", error) if work.layout.is_workbook else error)
        draft.mark("formula error", "W15", row, column.name)
    towns = [c for c in optional if c.type == "township"]
    for row in work.rows(work.times(0.4)) if towns else []:
        draft.set(row, towns[0].name, str(work.rng.choice(["外区某镇", "合川区钓鱼城街道", "510000"])))
        draft.mark("township of elsewhere", "", row, towns[0].name)
    for row in work.rows(work.times(0.3)) if free else []:
        column = free[int(work.rng.integers(0, len(free)))]
        if draft.text(row, column.name) and column.name not in ("certificate_no", "document_no"):
            draft.set(row, column.name, str(work.rng.choice(_LONG)))
            draft.mark("text with line ends and separators", "", row, column.name)
