"""Figures as a reader sees them on a page: thousands grouped, units as printed."""

from __future__ import annotations

from typing import Any

from reentry.figures.rounding import percent, rounded

NONE = "—"
TWO_DECIMALS = ("元", "rate", "人年")
WAN = 10_000


def printed(unit: str, value: Any) -> str:
    """A value: ratios in percent with one decimal, yuan and rates with two, counts with none; a dash for none."""
    if value is None:
        return NONE
    if unit == "ratio":
        return percent(value)
    if unit in TWO_DECIMALS:
        return f"{rounded(value, 2):,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def in_wan(yuan: Any) -> str:
    """An amount in 万元 with two decimals."""
    return NONE if yuan is None else f"{rounded(rounded(yuan, 2) / WAN, 2):,.2f}"


def unit_of(unit: str) -> str:
    """The unit that stands behind a printed value."""
    return {"ratio": "", "日期": "", "rate": "件/百人年"}.get(unit, unit)


def parts(unit: str, said: dict[str, Any]) -> str | None:
    """``n/N`` of a figure that carries both; of a rank, out of how many."""
    if unit == "名":
        return None if said["value"] is None else f"{said['value']}/{said['denominator']}"
    if "numerator" not in said or said["denominator"] is None:
        return None
    if unit == "rate":
        return f"{said['numerator']:,}件/{printed(unit, said['denominator'])}人年"
    return f"{said['numerator']:,}/{said['denominator']:,}"


def interval(unit: str, pair: list[float] | None) -> str | None:
    """A 95% interval, such as ``0.1%–0.5%``."""
    return None if pair is None else f"{printed(unit, pair[0])}–{printed(unit, pair[1])}"


def change(said: dict[str, Any]) -> str:
    """The change on the year in percent, or the words that stand in its place."""
    if said.get("change") is None:
        return str(said.get("note_zh") or NONE)
    return percent(said["change"], signed=True)
