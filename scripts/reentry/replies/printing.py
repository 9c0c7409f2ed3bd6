"""How a figure is printed in a letter: styles, each with its settings, as the letter's file gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reentry.figures.present import NOTE_EQUAL, NOTE_FROM_ZERO, note_of_points
from reentry.figures.rounding import money, percent, rounded

WAN = 10_000
ALL_SAID = ("全部", "100%", "百分之百", "100％")
NOTHING_KNOWN = "（暂无数据）"
CHANGES = ("change", "points")  # styles that give the year before away

Settings = dict[str, Any]


@dataclass(frozen=True)
class Style:
    """A way to print: which figures it is for, the settings it needs and may have, and what it makes of a cell."""

    units: tuple[str, ...] | None  # None: any but dates
    needs: tuple[str, ...]
    may: tuple[str, ...]
    say: Callable[[dict[str, Any], Settings], str]


def printed(style: str, settings: Settings, cell: dict[str, Any]) -> str:
    """The words of a cell (an object of INTERFACES 2); ``none`` of the settings, or a dash, when there is no value."""
    if cell["value"] is None:
        return str(settings.get("none", NOTHING_KNOWN))
    return STYLES[style].say(cell, settings)


def _count(cell: dict[str, Any], settings: Settings) -> str:
    del settings
    return str(cell["value"])


def _about(cell: dict[str, Any], settings: Settings) -> str:
    """2050 by steps of 100 is 2000余; a whole step has no 余, and less than one step is said exactly."""
    value, step = int(cell["value"]), int(settings["step"])
    whole = value // step * step
    return str(value) if whole in (0, value) else f"{whole}余"


def _wan(cell: dict[str, Any], settings: Settings) -> str:
    del settings
    return f"{rounded(Decimal(cell['value']) / WAN, 2):.2f}万"


def _yuan(cell: dict[str, Any], settings: Settings) -> str:
    del settings
    return money(cell["value"])


def _percent(cell: dict[str, Any], settings: Settings) -> str:
    """One decimal; 100% only when numerator and denominator are equal, 0% only when there is nothing."""
    del settings
    said = percent(cell["value"])
    if said == "100.0%" and cell["numerator"] != cell["denominator"]:
        return "99.9%"
    return "100%" if said == "100.0%" else said


def _change(cell: dict[str, Any], settings: Settings) -> str:
    """同比下降12.5%, with the note that small numbers demand."""
    del settings
    note, change = cell.get("note_zh"), cell.get("change")
    if note == NOTE_EQUAL or change == 0:
        return "同比持平"
    if note == NOTE_FROM_ZERO or change is None:
        return note or "无上年同期数据，不计算同比"
    size = percent(abs(change))
    way = "同比持平" if size == "0.0%" else f"同比{'下降' if change < 0 else '上升'}{size}"
    return f"{way}（{note}）" if note else way


def _points(cell: dict[str, Any], settings: Settings) -> str:
    """上升6.4个百分点, with the note that small numbers demand."""
    del settings
    note, points = note_of_points(cell), cell.get("change_points")
    if points is None:
        return "无上年同期数据，不计算同比"
    size = abs(rounded(Decimal(str(points)) * 100, 1))
    way = f"同比{'下降' if points < 0 else '上升'}{size}个百分点" if size else "同比持平"
    return f"{way}（{note}）" if note else way


def _all(cell: dict[str, Any], settings: Settings) -> str:
    """The words for a whole (全部) only when numerator and denominator are equal; otherwise both numbers."""
    top, bottom = cell["numerator"], cell["denominator"]
    words = settings["complete"] if top == bottom else settings["otherwise"]
    return str(words).format(numerator=top, denominator=bottom, percent=_percent(cell, settings))


def _rank(cell: dict[str, Any], settings: Settings) -> str:
    """In words when the place is within the share ``front`` of all; otherwise the place itself."""
    place, of = cell["value"], cell["denominator"]
    words = settings["words"] if Fraction(place, of) <= Fraction(str(settings["front"])) else settings["otherwise"]
    return str(words).format(rank=place, of=of)


STYLES: dict[str, Style] = {
    "count": Style(("人", "人次", "笔", "件", "个", "次", "行", "条", "本", "镇街月"), (), (), _count),
    "about": Style(("人", "人次", "笔", "件", "个", "次", "行", "条", "本"), ("step",), (), _about),
    "wan": Style(("元",), (), (), _wan),
    "yuan": Style(("元",), (), (), _yuan),
    "percent": Style(("ratio",), (), (), _percent),
    "change": Style(None, (), (), _change),
    "points": Style(("ratio",), (), (), _points),
    "all": Style(("ratio",), ("complete", "otherwise"), (), _all),
    "rank": Style(("名",), ("front", "words", "otherwise"), (), _rank),
}
