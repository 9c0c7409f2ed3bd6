"""Text of a cell as landing reads it: normal form, white space, footers, flags."""

from __future__ import annotations

import re
from decimal import Decimal

from reentry.characters import NEVER, SPACE, normal

_SPACES = re.compile(f"[{SPACE}]+")
_NOTHING = re.compile(f"[{SPACE}{NEVER}]+")
_NULL_WORDS = frozenset(
    ["", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "未知", "NULL", "null", "None", "N/A", "#N/A"]
)
_FALSE_WORDS = frozenset(["否", "无", "n", "0", "false", "×"])
_FOOTER = re.compile(
    f"^(?:[合总][{SPACE}]*计[{SPACE}]*:?$|填报人|填表人|审核人|制表|联系电话|备注:|注:)|小[{SPACE}]*计[{SPACE}]*:?$"
)
_PRINTED = re.compile(r"-?¥?-?[0-9,]+(?:\.([0-9]+))?(元|万元)?")


def clean(text: str) -> str:
    """A text as all cells are read: normal form, today's characters, nothing invisible, trimmed."""
    return normal(text)


def squeeze(text: str) -> str:
    """As ``clean``, with all white space removed."""
    return _SPACES.sub("", normal(text))


def is_blank(cells: list[str]) -> bool:
    """Whether every cell is empty after trimming."""
    return not _NOTHING.sub("", "".join(cells))


def is_footer(cells: list[str]) -> bool:
    """Whether the first filled cell begins a footer row: 合计, …小计, 填报人 and the like."""
    first = next((text for text in map(clean, cells) if text), "")
    return _FOOTER.search(first) is not None


def is_false_or_null(text: str) -> bool:
    """Whether a flag cell says false, or nothing: all else under a header with 封存 refuses a file (B7)."""
    word = clean(text)
    return word.casefold() in _FALSE_WORDS or word in _NULL_WORDS


def half_of_last_digit(text: str, unit: str | None) -> Decimal:
    """Half of the last printed digit of a number, in yuan or as a count; ``unit`` is the column's (万元 or None)."""
    match = _PRINTED.fullmatch(clean(text))
    if match is None:
        return Decimal(0)
    decimals = len(match[1] or "")
    factor = 10_000 if (match[2] or unit) == "万元" else 1
    return Decimal(5).scaleb(-decimals - 1) * factor
