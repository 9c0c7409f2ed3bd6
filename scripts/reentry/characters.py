"""Characters that stand for others, and those that are never part of a value (cells, headers, footers alike).

``normal`` for one text and ``normal_array`` for many give the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# white space of every kind, zero-width included; the same set as space() in check/cells.sql
SPACE = "\t\n\v\f\r\x1c-\x20\x85\xa0\u1680\u180e\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
# control characters that are no line end and no tab, soft hyphens, direction marks, variation selectors
NEVER = (
    "\x00-\x08\v\f\x0e-\x1f\x7f-\x9f\xad\u180b-\u180d\u180f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef"
)

# GBK and GB 18030 up to 2005 had private-use characters where the standard of 2022 has its own: A6D9 … A6F3, A8BC,
# A8BF, A989 … A995 and FE50 … FEA0. Fonts and old converters use them in any encoding.
_OLDER = {
    **dict(zip(range(0xE78D, 0xE797), "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19", strict=True)),
    0xE7C7: "\u1e3f",
    0xE7C8: "\u01f9",
    **dict(
        zip(
            range(0xE7E7, 0xE7F4),
            "\u303e\u2ff0\u2ff1\u2ff2\u2ff3\u2ff4\u2ff5\u2ff6\u2ff7\u2ff8\u2ff9\u2ffa\u2ffb",
            strict=True,
        )
    ),
    **dict(
        zip(
            range(0xE815, 0xE865),
            "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
            "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻",
            strict=True,
        )
    ),
}
# U+2E81 … U+2EF3 and the ideographs they stand for (Unicode: Equivalent_Unified_Ideograph); NFKC knows the others
_RADICALS = dict(
    zip(
        range(0x2E81, 0x2EF4),
        "厂乛乚乙亻冂𠘨刀刂卜㔾小尐兀尣尢𡯂巳幺彑彐忄心扌攵⺚旡日月歺母民氵氺灬爫爬丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀"
        "聿肉𦥑艹艺艻虎衤覀西见角𧢲讠贝𧾷车辶辷辸邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
_HAS_OLDER = "[\ue78d-\ue864]"
_HAS_RADICAL = "[\u2e81-\u2ef3]"
_HAS_NEVER = re.compile(f"[{NEVER}]+")
_EDGES = re.compile(f"^[{SPACE}]+|[{SPACE}]+$")
_FORMULA = '^="(?:[^"]|"")*"$'  # ="0012", written so that Excel keeps the noughts


def normal(text: str) -> str:
    """A text in normal form KC, its characters those of today, without what is never part of a value, trimmed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_OLDER)).translate(_RADICALS)
    text = trimmed(_HAS_NEVER.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if len(text) > 2 and text.startswith('="') and re.match(_FORMULA, text):
        return trimmed(text[2:-1].replace('""', '"'))
    if text.startswith("'") and any("0" <= c <= "9" for c in text):
        return trimmed(text[1:].removesuffix("'"))
    return text


def trimmed(text: str) -> str:
    """Without white space at both ends."""
    return _EDGES.sub("", text)


def normal_array(texts: Any) -> Any:
    """``normal`` of an Arrow array, without a step in Python for each text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_normalize(_translated(texts, _HAS_OLDER, _OLDER), form="NFKC")
    texts = _translated(texts, _HAS_RADICAL, _RADICALS)
    texts = pc.replace_substring(pc.replace_substring(texts, "\r\n", "\n"), "\r", "\n")
    texts = _trimmed(pc.replace_substring_regex(texts, f"[{NEVER}]+", ""))
    is_formula = pc.match_substring_regex(texts, f"(?s){_FORMULA}")
    if pc.any(is_formula).as_py():
        inner = _trimmed(pc.replace_substring(pc.utf8_slice_codeunits(texts, 2, -1), '""', '"'))
        texts = pc.if_else(is_formula, inner, texts)
    is_marked = pc.and_not(pc.match_substring_regex(texts, "(?s)^'.*[0-9]"), is_formula)
    if pc.any(is_marked).as_py():
        inner = _trimmed(pc.replace_substring_regex(texts, "(?s)^'(.*?)'?$", r"\1"))
        texts = pc.if_else(is_marked, inner, texts)
    return texts


def _trimmed(texts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.replace_substring_regex(texts, f"^[{SPACE}]+|[{SPACE}]+$", "")


def _translated(texts: Any, pattern: str, table: dict[int, str]) -> Any:
    """With the characters of a table replaced; few texts have any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    has = pc.match_substring_regex(texts, pattern)
    if not pc.any(has).as_py():
        return texts
    written = [text.translate(table) for text in pc.filter(texts, has).to_pylist()]
    return pc.replace_with_mask(texts, has, pa.array(written, pa.string()))
