"""Figures as pages print them: enough digits, points of ratios, differences of few, words in the place of a change."""

from __future__ import annotations

from typing import Any

import pytest

from reentry.figures import texts

FROM_ZERO = "上年同期为0，不计算同比"
SMALL = "人数较少，变化不具统计显著性"


def said(value: Any, previous: Any, **more: Any) -> dict[str, Any]:
    """What a pull says of a value and the year before."""
    change = None if value is None or not float(previous or 0) else float(value) / float(previous) - 1
    points = None if value is None or previous is None else float(value) - float(previous)
    return {"value": value, "previous": previous, "change": change, "change_points": points, **more}


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.0, "0.0%"), (1.0, "100.0%"), (1 / 2149, "0.05%"), (2148 / 2149, "99.95%"), (0.5, "50.0%"), (0.00049, "0.05%"),
     (0.0005, "0.1%"), (0.000001, "0.0001%"), (0.9995, "99.95%")],
)  # fmt: skip
def test_something_never_looks_like_nothing_or_like_all(value: float, printed: str) -> None:
    """One decimal, or as many as that takes."""
    assert texts.printed("ratio", value) == printed


@pytest.mark.parametrize(
    ("unit", "value", "previous", "words"),
    [
        ("ratio", 0.575, 0.639, "−6.4个百分点"),
        ("ratio", 0.002, 0.0, "+0.2个百分点"),
        ("ratio", 0.5001, 0.5, "基本持平"),
        ("ratio", 0.5, 0.5, "持平"),
        ("ratio", 0.5, None, "上年同期没有对象"),
        ("ratio", None, 0.5, "—"),
        ("人", 13, 1, "+12人"),
        ("人", 4, 9, "−5人"),
        ("人", 0, 6, "−6人"),
        ("人", 9, 0, FROM_ZERO),
        ("人", 0, 0, "持平"),
        ("人", 10, 10, "持平"),
        ("人", 12, 10, "+20.0%"),
        ("人", 10000, 10001, "基本持平"),
        ("名", 3, 5, "前移2位"),
        ("名", 5, 3, "后移2位"),
        ("名", 3, None, "首次"),
        ("元", "120.00", "100.00", "+20.0%"),
        ("元", "120.00", "0.00", FROM_ZERO),
        ("元", "0.00", "0.00", "持平"),
    ],
)
def test_changes(unit: str, value: Any, previous: Any, words: str) -> None:
    """As a leader reads them."""
    assert texts.change(unit, said(value, previous)) == words


def test_units_are_those_of_the_label() -> None:
    """A difference has the unit that is printed behind the value."""
    assert texts.change("件", said(3, 8), "人次") == "−5人次"
    assert texts.unit_of("件", "人次") == "人次" and texts.unit_of("ratio", "人") == ""


def test_notes_beside_points() -> None:
    """From nobody to somebody is few, not a change that cannot be computed; what the change says is not said twice."""
    small = said(0.001, 0.0, note_zh=FROM_ZERO, p_value=0.5)
    assert texts.note("ratio", small) == SMALL
    assert texts.note("ratio", said(0.5, 0.0, note_zh=FROM_ZERO)) is None
    assert texts.note("人", said(0, 0, note_zh="持平")) is None
    assert texts.note("ratio", said(0.1, 0.2, note_zh=SMALL, p_value=0.3)) == SMALL


def test_quarters_in_words() -> None:
    assert texts.quarter("2024Q4") == "2024年四季度" and texts.quarter(None) is None
