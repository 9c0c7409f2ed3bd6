"""From draft and layout to the file, and to the row numbers of what was planted in it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from reentry.demo.csvfile import quoted, write_columns
from reentry.demo.draft import Cell, Draft, Value
from reentry.demo.forms import format_cents, render
from reentry.demo.layout import HIDDEN_SHEET, Layout
from reentry.demo.place import Place
from reentry.demo.xlsxfile import Sheet, letters, write_workbook

_REMARKS = ("", "", "", "", "已核实", "待补充材料", "与原件一致")


def make_draft(draft: Draft, layout: Layout, place: Place, rng: np.random.Generator) -> Draft:
    """Writes every cell of the draft's table in the form of the layout."""
    n = draft.n
    for column in draft.feed.columns:
        if column.name not in layout.order:
            continue
        style, kind = layout.styles[column.name], "s"
        if layout.is_workbook:
            plain = column.type in ("integer", "money", "duration") and style in ("plain", "cents", "wan", "months")
            kind = {"cell": "d", "serial": "n"}.get(style, "n" if layout.number_cells and plain else "s")
            style = "plain" if kind == "n" and style == "cents" else style
            if column.type == "flag" and style == "truefalse":
                kind, style = "b", "10"
        draft.kinds[column.name], draft.styles[column.name] = kind, style
        draft.cells[column.name] = render(draft.table.columns[column.name], style, place=place)
    for name in layout.order:
        if name not in draft.cells:
            draft.kinds[name], draft.styles[name] = "s", ""
            draft.cells[name] = _other(name, n, rng)
    return draft


def _other(name: str, n: int, rng: np.random.Generator) -> pa.Array:
    if name == "?序号":
        return pa.array(np.arange(1, n + 1)).cast(pa.string())
    if name == "!withdrawn":
        word = str(rng.choice(["", "否", "0", "×", "N", "false"]))
        return pa.array([word]).take(pa.array(np.zeros(n, dtype=np.int64)))
    if name.startswith("="):
        words: tuple[str, ...] = ("旧值", "0", "")
        return pa.array(words).take(pa.array(rng.integers(0, len(words), n)))
    words = ("演示录入员", "演示系统导出") if name in ("?录入人", "?数据来源") else _REMARKS
    return pa.array(words).take(pa.array(rng.integers(0, len(words), n)))


def parse_amount(text: str, *, wan: bool) -> Decimal | None:
    """A number or an amount as this generator writes them, in yuan or pieces; None when it does not parse."""
    plain = unicodedata.normalize("NFKC", text).replace("\u200b", "").strip().replace("￥", "").replace("¥", "")
    match = re.fullmatch(r"(-?)((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)(万元|元)?", plain)
    if not match:
        return None
    amount = Decimal(match[2].replace(",", "")) * (-1 if match[1] else 1)
    return amount * 10_000 if match[3] == "万元" or (wan and not match[3]) else amount


def parse_count(text: str) -> Decimal | None:
    """An integer as this generator writes them; None when it is none."""
    plain = unicodedata.normalize("NFKC", text).replace("\u200b", "").strip()
    return Decimal(plain) if re.fullmatch(r"-?\d+(\.0)?", plain) else None


def add_total(draft: Draft, layout: Layout, rng: np.random.Generator) -> None:
    """A 合计 row that holds, with what was planted above it."""
    first = layout.order[0]
    summed = [c for c in draft.feed.columns if c.totalled and c.name in layout.order and c.name != first]
    values: dict[str, Value] = {first: str(rng.choice(["合计", "合　计", "总计", "合计：", " 合 计 "]))}
    handles = [h for h in range(draft.n + len(draft.added)) if h not in draft.skipped and h not in draft.broken]
    for column in summed:
        wan = layout.styles[column.name] == "wan"
        texts = [(draft.text(h, column.name), wan and not draft.is_in_yuan(h, column.name)) for h in handles]
        parts = [parse_amount(t, wan=unit) if column.type == "money" else parse_count(t) for t, unit in texts]
        total = sum((p for p in parts if p is not None), Decimal(0))
        if column.type != "money":
            text = str(int(total))
        else:
            cents = int((total * 100).to_integral_value())
            text = format_cents(cents, "wan" if wan else str(rng.choice(["plain", "commas", "yuan"])))
        values[column.name] = text
    draft.skip(values, draft.n - 1)


def _head(layout: Layout) -> list[list[str]]:
    rows = [[title] for title in layout.titles]
    if layout.blank_titles:
        rows.append([""])
    return [*rows, [layout.headers[name] for name in layout.order]]


def _tail(layout: Layout) -> list[str]:
    return layout.footers + [""] * layout.trailing


def row_numbers(draft: Draft, layout: Layout) -> dict[int, int]:
    """Record number, from 1, of every handle that is marked."""
    offset = len(_head(layout)) + 1
    after = np.array(draft.after, dtype=np.int64)
    rank = np.empty(len(after), dtype=np.int64)
    rank[np.argsort(after, kind="stable")] = np.arange(len(after))
    numbers = {}
    for mark in draft.marks:
        if mark.handle is None:
            continue
        handle = mark.handle
        added = handle >= draft.n
        place = (
            int(after[handle - draft.n] + 1 + rank[handle - draft.n]) if added else handle + int((after < handle).sum())
        )
        numbers[handle] = place + offset
    return numbers


def write_draft(draft: Draft, layout: Layout, path: Path) -> None:
    """Writes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if layout.is_workbook:
        _write_workbook(draft, layout, path)
    else:
        _write_csv(draft, layout, path)


def _line(cells: list[str], layout: Layout) -> str:
    width = len(layout.order)
    return layout.separator.join(quoted(c, layout.separator) for c in cells + [""] * (width - len(cells)))


def _row_line(draft: Draft, layout: Layout, handle: int) -> str:
    cells = [quoted(draft.text(handle, name), layout.separator) for name in layout.order]
    if handle in draft.skipped and not any(cells):
        return layout.separator * (len(cells) - 1) if handle % 2 else ""
    if handle in draft.broken:
        column, how = draft.broken[handle]
        place, text = layout.order.index(column), draft.text(handle, column).replace('"', "").replace("\n", "")
        cells[place] = f'"{text}"注' if how == "tail" else f'"{text}'
    return layout.separator.join(cells + draft.surplus.get(handle, []))


def _write_csv(draft: Draft, layout: Layout, path: Path) -> None:
    rows: dict[int, list[int]] = {}
    for place in np.argsort(np.array(draft.after, dtype=np.int64), kind="stable"):
        rows.setdefault(draft.after[place], []).append(draft.n + int(place))
    touched = set(rows) | set(draft.surplus) | set(draft.broken)
    for cells in draft.overrides.values():
        touched |= set(cells)
    lines = {}
    for handle in (h for h in touched if 0 <= h < draft.n):
        parts = [handle, *rows.get(handle, [])]
        lines[handle] = layout.newline.join(_row_line(draft, layout, h) for h in parts)
    head = [_line(row, layout) for row in _head(layout)] + [_row_line(draft, layout, h) for h in rows.get(-1, [])]
    write_columns(
        path, head, [draft.cells[name] for name in layout.order], separator=layout.separator, encoding=layout.encoding,
        newline=layout.newline, lines=lines, tail=[_line([text], layout) for text in _tail(layout)],
    )  # fmt: skip


def _write_workbook(draft: Draft, layout: Layout, path: Path) -> None:
    columns: list[list[Value]] = []
    for name in layout.order:
        kind = draft.kinds[name]
        texts = draft.cells[name].to_pylist()
        column: list[Value] = texts if kind == "s" else [t and Cell(kind, t) for t in texts]
        for handle, value in draft.overrides.get(name, {}).items():
            column[handle] = value
        column += [row.get(name, "") for row in draft.added]
        columns.append(column)
    rows: list[list[Value]] = [list(row) for row in _head(layout)]
    order = draft.order()
    place = dict(zip(order.tolist(), range(len(rows) + 1, len(rows) + len(order) + 1), strict=True))
    for handle in order:
        cells = [column[handle] for column in columns]
        rows.append(cells + list(draft.surplus.get(int(handle), [])))
    rows += [[text] for text in _tail(layout)]
    wide = letters(max(1, len(layout.order) - 1))
    merged = [f"A{i}:{wide}{i}" for i in range(1, len(layout.titles) + 1)]
    for handle, name in draft.merged:
        column_letters = letters(layout.order.index(name))
        merged.append(f"{column_letters}{place[handle]}:{column_letters}{place[handle] + 1}")
    sheets = [Sheet(draft.feed.name_zh[:20], rows, merged)]
    if layout.hidden_sheet:
        sheets.insert(0, Sheet(HIDDEN_SHEET, [["演示", "隐藏"], ["1", "2"]], hidden=True))
    if layout.empty_sheet:
        sheets.insert(0, Sheet("封面", []))
    write_workbook(path, sheets)
