"""Typed columns of the demo world and how their cells are written in each form that FEEDS.md allows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from reentry.demo.days import NONE, Bools, Ints, to_date
from reentry.demo.place import Place
from reentry.project import SEEDS

_FIRST, _LAST = -20_500, 22_300  # days that the date tables hold: 1913 … 2031
_HAN = "零一二三四五六七八九"
FANCY_ROWS = 50_000  # files above this size are written in one plain form per column

STYLES: dict[str, tuple[str, ...]] = {
    "date": ("iso", "slash", "dot", "han", "compact", "short", "slash_short", "time", "t_time", "han_time"),
    "month": ("iso", "short", "slash", "dot", "han", "compact", "day"),
    "quarter": ("q", "dash", "han", "ordinal", "digit", "ordinal_digit"),
    "duration": ("months", "han", "digits", "mixed"),
    "money": ("plain", "cents", "commas", "sign", "yuan"),
    "integer": ("plain", "float", "wide"),
    "flag": ("是否", "有无", "YN", "10", "truefalse", "√×"),
    "code": ("code", "bare", "text", "word"),
    "township": ("name", "code", "short"),
    "district": ("name", "code", "short"),
}
_FLAGS = {"是否": "否是", "有无": "无有", "YN": "NY", "10": "01", "√×": "×√"}


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


def render(column: Column, style: str, *, place: Place) -> pa.Array:
    """The column as n strings in one style; null is the empty string."""
    return _RENDER[column.kind](column, style, place)


def _take(words: Sequence[str] | pa.Array, index: Ints) -> pa.Array:
    """Words by position, "" for negative positions."""
    pool = pa.concat_arrays(
        [words if isinstance(words, pa.Array) else pa.array(list(words), pa.string()), pa.array([""])]
    )
    return pool.take(pa.array(np.where(index < 0, len(pool) - 1, index)))


def _render_pick(column: Column, style: str, place: Place) -> pa.Array:
    return _take(column.words if column.words is not None else [], column.values)


def _render_serial(column: Column, style: str, place: Place) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(column.values).cast(pa.string()), column.width, "0")
    text = pc.binary_join_element_wise(column.prefix, digits, "") if column.prefix else digits
    if (column.values < 0).any():
        text = pc.if_else(pa.array(column.values < 0), "", text)
    return text


def format_day(count: int, style: str) -> str:
    """One date in one style; ``serial`` and ``cell`` are Excel's day number."""
    d = to_date(count)
    y, m, n = d.year, d.month, d.day
    forms = {
        "iso": f"{y}-{m:02}-{n:02}", "slash": f"{y}/{m:02}/{n:02}", "dot": f"{y}.{m}.{n}", "han": f"{y}年{m}月{n}日",
        "compact": f"{y}{m:02}{n:02}", "short": f"{y}-{m}-{n}", "slash_short": f"{y}/{m}/{n}",
        "time": f"{y}-{m:02}-{n:02} 00:00:00", "t_time": f"{y}-{m:02}-{n:02}T08:30:00",
        "han_time": f"{y}年{m}月{n}日09:15", "serial": str(count + 25_569), "cell": str(count + 25_569),
    }  # fmt: skip
    return forms[style]


@cache
def _day_table(style: str) -> pa.Array:
    return pa.array([format_day(count, style) for count in range(_FIRST, _LAST)])


def _render_date(column: Column, style: str, place: Place) -> pa.Array:
    known = column.values != NONE
    return _take(_day_table(style), np.where(known, column.values.astype(np.int64) - _FIRST, -1))


def _render_month(column: Column, style: str, place: Place) -> pa.Array:
    def form(count: int) -> str:
        d = to_date(count)
        y, m = d.year, d.month
        return {
            "iso": f"{y}-{m:02}", "short": f"{y}-{m}", "slash": f"{y}/{m}", "dot": f"{y}.{m}", "han": f"{y}年{m}月",
            "compact": f"{y}{m:02}", "day": f"{y}-{m:02}-01", "serial": str(count + 25_569), "cell": str(count + 25_569),
        }[style]  # fmt: skip

    return pa.array(["" if v == NONE else form(int(v)) for v in column.values], pa.string())


def _render_quarter(column: Column, style: str, place: Place) -> pa.Array:
    def form(value: int) -> str:
        y, q = value // 4, value % 4 + 1
        h = _HAN[q]
        return {
            "q": f"{y}Q{q}", "dash": f"{y}-Q{q}", "han": f"{y}年{h}季度", "ordinal": f"{y}年第{h}季度",
            "digit": f"{y}年{q}季度", "ordinal_digit": f"{y}年第{q}季度",
        }[style]  # fmt: skip

    return pa.array([form(int(v)) for v in column.values], pa.string())


def han_number(n: int) -> str:
    """0 … 99 in Chinese."""
    if n < 10:
        return _HAN[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else _HAN[tens]) + "十" + (_HAN[ones] if ones else "")


def format_months(months: int, style: str) -> str:
    """A sentence; negative is empty."""
    if months < 0:
        return ""
    years, rest = divmod(months, 12)
    if style == "months":
        return str(months)
    if style == "digits" or (style == "mixed" and months % 2):
        return (f"{years}年" if years else "") + (f"{rest}个月" if rest or not years else "")
    joint = "零" if style == "mixed" and years and rest else ""
    number = {True: "两", False: han_number(years)}[years == 2 and style == "mixed"]
    return (f"{number}年" if years else "") + joint + (f"{han_number(rest)}个月" if rest or not years else "")


def _render_duration(column: Column, style: str, place: Place) -> pa.Array:
    return _take([format_months(m, style) for m in range(400)], column.values)


def format_cents(cents: int, style: str) -> str:
    """An amount of cents in yuan; ``wan`` and ``wan_cell`` in 万元."""
    sign, size = ("-" if cents < 0 else ""), abs(cents)
    yuan, rest = divmod(size, 100)
    short = f"{sign}{yuan}" + (f".{rest:02}".rstrip("0") if rest else "")
    if style.startswith("wan"):
        whole, part = divmod(size, 1_000_000)
        text = f"{sign}{whole}" + (f".{part:06}".rstrip("0") if part else "")
        return text + ("万元" if style == "wan_cell" else "")
    return {
        "plain": short, "cents": f"{sign}{yuan}.{rest:02}", "commas": f"{sign}{yuan:,}.{rest:02}",
        "sign": f"￥{short}", "yuan": f"{short}元",
    }[style]  # fmt: skip


def _render_money(column: Column, style: str, place: Place) -> pa.Array:
    return pa.array(["" if v == NONE else format_cents(int(v), style) for v in column.values], pa.string())


def _render_integer(column: Column, style: str, place: Place) -> pa.Array:
    text = pc.if_else(pa.array(column.values == NONE), "", pa.array(column.values).cast(pa.string()))
    if style == "plain" or len(text) > FANCY_ROWS:
        return text
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    change = (lambda t: t + ".0") if style == "float" else (lambda t: t.translate(wide))
    return pa.array([t and change(t) for t in text.to_pylist()], pa.string())


def _render_flag(column: Column, style: str, place: Place) -> pa.Array:
    words = ("false", "true") if style == "truefalse" else tuple(_FLAGS[style])
    return _take(words, column.values)


def _render_code(column: Column, style: str, place: Place) -> pa.Array:
    table = [""] * 100
    for number, (code, text, words) in code_words(column.codes).items():
        table[number] = {"code": code, "bare": str(number), "text": text, "word": words[0] if words else text}[style]
    return _take(table, column.values)


def _render_township(column: Column, style: str, place: Place) -> pa.Array:
    office = [name + "司法所" for name in place.township_names]
    forms = {
        "name": place.township_names,
        "code": place.township_codes,
        "short": place.short_townships(),
        "office": office,
    }
    return _take(forms[style], column.values)


def _render_district(column: Column, style: str, place: Place) -> pa.Array:
    forms = {"name": place.district_names, "code": place.district_codes, "short": place.short_districts()}
    return _take(forms[style], column.values)


_RENDER = {
    "pick": _render_pick, "serial": _render_serial, "date": _render_date, "month": _render_month,
    "quarter": _render_quarter, "duration": _render_duration, "money": _render_money, "integer": _render_integer,
    "flag": _render_flag, "code": _render_code, "township": _render_township, "district": _render_district,
}  # fmt: skip
