"""How cells are written, in each form that FEEDS.md allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reentry.demo.columns import Column, code_words
from reentry.demo.days import NONE, Ints, to_date
from reentry.demo.place import Place

_FIRST, _LAST = -20_500, 22_300  # days that the date tables hold: 1913 … 2031
_HAN = "零一二三四五六七八九"
_EXCEL = 25_569  # Excel's number of 1970-01-01
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


def render(column: Column, style: str, *, place: Place) -> pa.Array:
    """The column as n strings in one style; null is the empty string."""
    values = column.values
    match column.kind:
        case "pick":
            return _take(column.words if column.words is not None else [], values)
        case "serial":
            return _serial(column)
        case "date":
            return _take(_day_table(style), np.where(values == NONE, -1, values.astype(np.int64) - _FIRST))
        case "month":
            return _each(values, lambda v: format_month(v, style))
        case "quarter":
            return _each(values, lambda v: format_quarter(v, style))
        case "duration":
            return _take([format_months(m, style) for m in range(400)], values)
        case "money":
            return _each(values, lambda v: format_cents(v, style))
        case "integer":
            return _integer(values, style)
        case "flag":
            return _take(("false", "true") if style == "truefalse" else tuple(_FLAGS[style]), values)
        case "code":
            return _take(_code_table(column.codes, style), values)
        case "township":
            return _take(_townships(place, style), values)
        case _:
            return _take(_districts(place, style), values)


def _take(words: Sequence[str] | pa.Array, index: Ints) -> pa.Array:
    """Words by position, "" for negative positions."""
    pool = words if isinstance(words, pa.Array) else pa.array(list(words), pa.string())
    whole = pa.concat_arrays([pool, pa.array([""])])
    return whole.take(pa.array(np.where(index < 0, len(pool), index)))


def _each(values: Ints, form: Callable[[int], str]) -> pa.Array:
    return pa.array(["" if v == NONE else form(int(v)) for v in values.tolist()], pa.string())


def _serial(column: Column) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(column.values).cast(pa.string()), column.width, "0")
    text = pc.binary_join_element_wise(column.prefix, digits, "") if column.prefix else digits
    return pc.if_else(pa.array(column.values < 0), "", text) if (column.values < 0).any() else text


_DAY_FORMS: dict[str, Callable[[int, int, int], str]] = {
    "iso": lambda y, m, d: f"{y}-{m:02}-{d:02}",
    "slash": lambda y, m, d: f"{y}/{m:02}/{d:02}",
    "dot": lambda y, m, d: f"{y}.{m}.{d}",
    "han": lambda y, m, d: f"{y}年{m}月{d}日",
    "compact": lambda y, m, d: f"{y}{m:02}{d:02}",
    "short": lambda y, m, d: f"{y}-{m}-{d}",
    "slash_short": lambda y, m, d: f"{y}/{m}/{d}",
    "time": lambda y, m, d: f"{y}-{m:02}-{d:02} 00:00:00",
    "t_time": lambda y, m, d: f"{y}-{m:02}-{d:02}T08:30:00",
    "han_time": lambda y, m, d: f"{y}年{m}月{d}日09:15",
}


@cache
def _day_table(style: str) -> pa.Array:
    """Every day from ``_FIRST`` in one style; ``serial`` and ``cell`` are Excel's day number."""
    if style in ("serial", "cell"):
        return pa.array([str(count + _EXCEL) for count in range(_FIRST, _LAST)])
    form = _DAY_FORMS[style]
    dates = [to_date(count) for count in range(_FIRST, _LAST)]
    return pa.array([form(d.year, d.month, d.day) for d in dates])


def format_month(count: int, style: str) -> str:
    """The month that begins on a day."""
    d = to_date(count)
    y, m = d.year, d.month
    forms = {
        "iso": f"{y}-{m:02}", "short": f"{y}-{m}", "slash": f"{y}/{m}", "dot": f"{y}.{m}", "han": f"{y}年{m}月",
        "compact": f"{y}{m:02}", "day": f"{y}-{m:02}-01", "serial": str(count + _EXCEL), "cell": str(count + _EXCEL),
    }  # fmt: skip
    return forms[style]


def format_quarter(value: int, style: str) -> str:
    """The quarter year × 4 + quarter - 1."""
    y, q = value // 4, value % 4 + 1
    h = _HAN[q]
    forms = {
        "q": f"{y}Q{q}", "dash": f"{y}-Q{q}", "han": f"{y}年{h}季度", "ordinal": f"{y}年第{h}季度",
        "digit": f"{y}年{q}季度", "ordinal_digit": f"{y}年第{q}季度",
    }  # fmt: skip
    return forms[style]


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


def _integer(values: Ints, style: str) -> pa.Array:
    text = pc.if_else(pa.array(values == NONE), "", pa.array(values).cast(pa.string()))
    if style == "plain" or len(text) > FANCY_ROWS:
        return text
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    return pa.array(
        [t and (t + ".0" if style == "float" else t.translate(wide)) for t in text.to_pylist()], pa.string()
    )


def _code_table(codes: str, style: str) -> list[str]:
    table = [""] * 100
    for number, (code, text, words) in code_words(codes).items():
        table[number] = {"code": code, "bare": str(number), "text": text, "word": words[0] if words else text}[style]
    return table


def _townships(place: Place, style: str) -> Sequence[str]:
    if style == "office":
        return [name + "司法所" for name in place.township_names]
    forms = {"name": place.township_names, "code": place.township_codes, "short": place.short_townships()}
    return forms[style]


def _districts(place: Place, style: str) -> Sequence[str]:
    forms = {"name": place.district_names, "code": place.district_codes, "short": place.short_districts()}
    return forms[style]
