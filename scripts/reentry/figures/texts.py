"""Figures as a reader sees them on a page: thousands grouped, units as printed."""

from __future__ import annotations

from typing import Any

from reentry.figures.present import NOTE_EQUAL, NOTE_FROM_ZERO, note_of_points
from reentry.figures.rounding import percent, rounded

NONE = "—"
FIRST = "首次"  # nothing is known of the year before
NOBODY_BEFORE = "上年同期没有对象"
NEARLY_EQUAL = "基本持平"
TWO_DECIMALS = ("元", "rate", "人年")
WAN = 10_000
FEW = 10  # changes of counts below it are printed as a difference, not in percent
MOST_DECIMALS = 4
COUNTS = ("人", "人次", "笔", "件", "个", "次", "行", "条", "本", "镇街月")


def printed(unit: str, value: Any) -> str:
    """A value: ratios in percent, yuan and rates with two decimals, counts with none; a dash for none."""
    if value is None:
        return NONE
    if unit == "ratio":
        return share(value)
    if unit in TWO_DECIMALS:
        return f"{rounded(value, 2):,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def share(value: float) -> str:
    """Percent with one decimal; with as many more as keep something from looking like nothing, or like all."""
    for places in range(1, MOST_DECIMALS + 1):
        said = rounded(float(value) * 100, places)
        if (said != 0 or value == 0) and (said != 100 or value == 1):
            break
    return f"{said}%"


def in_wan(yuan: Any) -> str:
    """An amount in 万元 with two decimals."""
    return NONE if yuan is None else f"{rounded(rounded(yuan, 2) / WAN, 2):,.2f}"


def unit_of(unit: str, label: str | None = None) -> str:
    """The unit that stands behind a printed value; ``label``: the printed unit of the figure, where it has its own."""
    return {"ratio": "", "日期": "", "rate": "件/百人年"}.get(unit, label or unit)


def parts(unit: str, said: dict[str, Any]) -> str | None:
    """``n/N`` of a figure that carries both, of a count with its share; of a rank, out of how many."""
    if unit == "名":
        return None if said["value"] is None else f"{said['value']}/{said['denominator']}"
    if "numerator" not in said or said["denominator"] is None:
        return None
    if unit == "rate":
        return f"{said['numerator']:,}件/{printed(unit, said['denominator'])}人年"
    whole = f"{said['numerator']:,}/{said['denominator']:,}"
    if unit == "ratio" or not said["denominator"]:
        return whole
    return f"{whole}（{share(said['numerator'] / said['denominator'])}）"


def interval(unit: str, pair: list[float] | None) -> str | None:
    """A 95% interval, such as ``0.1%–0.5%``."""
    return None if pair is None else f"{printed(unit, pair[0])}–{printed(unit, pair[1])}"


def change(unit: str, said: dict[str, Any], label: str | None = None) -> str:
    """The change on the year, or the words that stand in its place.

    Percentage points of ratios, places of a rank, a difference of counts below ten, else percent.
    """
    value, previous = said["value"], said["previous"]
    if value is None:
        return NONE
    if previous is None:
        return NOBODY_BEFORE if unit == "ratio" else FIRST
    if float(value) == float(previous):
        return NOTE_EQUAL
    if unit == "ratio":
        return _signed(rounded(said["change_points"] * 100, 1), "个百分点")
    if unit == "名":
        return f"{'前移' if value < previous else '后移'}{abs(value - previous)}位"
    if float(previous) == 0:
        return NOTE_FROM_ZERO
    if unit in COUNTS and min(value, previous) < FEW:
        return _signed(value - previous, unit_of(unit, label))
    said_percent = percent(said["change"], signed=True)
    return NEARLY_EQUAL if said_percent == "0.0%" else said_percent


def _signed(number: Any, unit: str) -> str:
    if not number:
        return NEARLY_EQUAL
    return f"{'−' if number < 0 else '+'}{abs(number):,}{unit}"


def note(unit: str, said: dict[str, Any]) -> str | None:
    """What must stand beside the change; what the change says itself is not said again."""
    if unit == "ratio":
        return note_of_points(said)
    about = said.get("note_zh")
    return None if about in (NOTE_EQUAL, NOTE_FROM_ZERO) else about


def quarter(label: str | None) -> str | None:
    """``2024Q4`` as 2024年四季度."""
    return None if label is None else f"{label[:4]}年{'一二三四'[int(label[5]) - 1]}季度"
