"""How figures are printed in letters: rounding, 余, 万元, 全部 and 100% only of a whole, notes on small numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reentry.replies.printing import printed

WORDS = {"complete": "全部到位", "otherwise": "应{denominator}，已{numerator}，占{percent}"}
RANK = {"front": "1/10", "words": "居前列", "otherwise": "第{rank}位（共{of}个）"}


def cell(value: Any, **more: Any) -> dict[str, Any]:
    """A cell as INTERFACES 2 gives it."""
    return {"value": value, **more}


@given(value=st.integers(0, 100_000), step=st.sampled_from([10, 100, 1000]))
def test_about_is_never_more_than_there_is(value: int, step: int) -> None:
    """余 says: at least so many whole steps, and less than one more; without 余 the number is exact."""
    said = printed("about", {"step": step}, cell(value))
    if said.endswith("余"):
        whole = int(said[:-1])
        assert whole % step == 0
        assert 0 < whole < value < whole + step
    else:
        assert int(said) == value


@pytest.mark.parametrize(
    ("value", "said"), [(2050, "2000余"), (2000, "2000"), (99, "99"), (100, "100"), (101, "100余")]
)
def test_about(value: int, said: str) -> None:
    """By steps of 100."""
    assert printed("about", {"step": 100}, cell(value)) == said


@given(top=st.integers(0, 5000), more=st.integers(0, 5000))
def test_all_and_100_percent_only_of_a_whole(top: int, more: int) -> None:
    """全部 and 100% are printed exactly when numerator and denominator are equal; else both numbers are."""
    bottom = top + more
    if bottom == 0:
        return
    parts = {"numerator": top, "denominator": bottom}
    said = printed("all", WORDS, cell(top / bottom, **parts))
    share = printed("percent", {}, cell(top / bottom, **parts))
    assert ("全部" in said) == (top == bottom)
    assert (share == "100%") == (top == bottom)
    assert "100.0" not in said + share
    if top != bottom:
        assert str(top) in said
        assert str(bottom) in said
        exact = Decimal(share.rstrip("%")) / 100
        assert abs(Fraction(exact) - Fraction(top, bottom)) <= Fraction(1, 1000)


@pytest.mark.parametrize(
    ("value", "said"), [("32800.00", "3.28万"), ("50.00", "0.01万"), ("49.99", "0.00万"), ("12345678.90", "1234.57万")]
)
def test_ten_thousands_half_away_from_zero(value: str, said: str) -> None:
    """万元 with two decimals."""
    assert printed("wan", {}, cell(value)) == said


@pytest.mark.parametrize(
    ("change", "note", "said"),
    [
        (-0.1234, None, "同比下降12.3%"),
        (0.1235, None, "同比上升12.4%"),
        (-0.5, "人数较少，变化不具统计显著性", "同比下降50.0%（人数较少，变化不具统计显著性）"),
        (0.0, None, "同比持平"),
        (0.0001, None, "同比持平"),
        (None, "持平", "同比持平"),
        (None, "上年同期为0，不计算同比", "上年同期为0，不计算同比"),
        (None, None, "无上年同期数据，不计算同比"),
    ],
)
def test_changes(change: float | None, note: str | None, said: str) -> None:
    """In words, with the note that must go with it."""
    more = {"note_zh": note} if note else {}
    assert printed("change", {}, cell(3, change=change, **more)) == said


@pytest.mark.parametrize(
    ("place", "of", "said"),
    [(1, 10, "居前列"), (2, 20, "居前列"), (2, 19, "第2位（共19个）"), (38, 38, "第38位（共38个）")],
)
def test_rank_in_words_only_at_the_front(place: int, of: int, said: str) -> None:
    """The share is compared exactly: 2 of 20 is a tenth, 2 of 19 is more."""
    assert printed("rank", RANK, cell(place, denominator=of)) == said


def test_nothing_known_is_said() -> None:
    """A missing value is never a number."""
    assert printed("count", {}, cell(None)) == "（暂无数据）"
    assert printed("all", {**WORDS, "none": "期内没有对象"}, cell(None)) == "期内没有对象"


@pytest.mark.parametrize(
    ("points", "note", "said"),
    [
        (0.064, {}, "同比上升6.4个百分点"),
        (-0.0641, {}, "同比下降6.4个百分点"),
        (0.0004, {}, "同比持平"),
        (None, {}, "无上年同期数据，不计算同比"),
        (-0.003, {"note_zh": "人数较少，变化不具统计显著性"}, "同比下降0.3个百分点（人数较少，变化不具统计显著性）"),
        (0.003, {"note_zh": "上年同期为0，不计算同比"}, "同比上升0.3个百分点"),
        (
            0.003,
            {"note_zh": "上年同期为0，不计算同比", "p_value": 0.2},
            "同比上升0.3个百分点（人数较少，变化不具统计显著性）",
        ),
    ],
)
def test_points(points: float | None, note: dict[str, Any], said: str) -> None:
    """Percentage points, with the note that small numbers demand; a year before of nothing is no hindrance."""
    assert printed("points", {}, cell(0.5, change_points=points, **note)) == said
