"""Cells, FEEDS.md §2: from the text of one cell to a value, to null, or to nothing it could be.

Values: text and names ``str``, codes their code, townships and districts their code, dates ``date``, months the
first day of the month as ``date``, quarters ``"2025Q1"``, durations and integers ``int``, money ``Decimal`` in yuan
with two decimals, flags ``bool``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from itertools import pairwise

from .contract import CODES
from .shapes import District, Value

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u180e"
DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# GB 18030-2022: what its two-byte codes mean for which Python's table (of 2000) has private use
OF_2022 = (
    "A6D9 FE10, A6DA FE12, A6DB FE11, A6DC FE13, A6DD FE14, A6DE FE15, A6DF FE16, A6EC FE17, A6ED FE18, A6F3 FE19, "
    "A8BC 1E3F, FE51 20087, FE52 20089, FE53 200CC, FE59 9FB4, FE61 9FB5, FE66 9FB6, FE67 9FB7, FE6C 215D7, FE6D 9FB8, "
    "FE76 2298F, FE7E 9FB9, FE90 9FBA, FE91 241FE, FEA0 9FBB"
)
# where the tables before had private use: first code, how many, first private-use character
OLDER_TABLES = ((0xA6D9, 7, 0xE78D), (0xA6EC, 2, 0xE794), (0xA6F3, 1, 0xE796), (0xA8BC, 1, 0xE7C7), (0xA8BF, 1, 0xE7C8),
                (0xA989, 13, 0xE7E7), (0xFE50, 47, 0xE815), (0xFE80, 33, 0xE844))  # fmt: skip
# radicals and the characters they stand for, where compatibility (NFKC) does not say it
RADICALS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍尐⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺠民⺡氵⺢氺⺣灬⺤爫⺥爬⺦丬⺧牛⺨犭⺩王"
    "⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艺⻀艻⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻍辷⻎辸⻏邑⻐钅⻑長"
    "⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀"
)
NULL_WORDS = frozenset(
    ["", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "未知", "NULL", "null", "None", "N/A", "#N/A"]
)
EXCEL_ERRORS = frozenset(
    ["#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
     "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA"]
)  # fmt: skip
FALSE_WORDS = frozenset(["否", "无", "n", "0", "false", "×"])
TRUE_WORDS = frozenset(["是", "有", "y", "1", "true", "√"])

OK, NULL, BAD, ERROR = "ok", "null", "bad", "error"  # ERROR: the cell holds an Excel error
Cell = tuple[str, Value]

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
EXACT = Context(prec=100_000)  # more digits than a cell can hold

_SPACE = re.compile(rf"[\s{ZERO_WIDTH}]+")
_EDGES = re.compile(rf"^[\s{ZERO_WIDTH}]+|[\s{ZERO_WIDTH}]+$")
_TIME = r"[0-9]{1,2}(?::[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?|[时点][0-9]{1,2}分(?:[0-9]{1,2}秒)?)"
_DATES = [
    re.compile(rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:(?:\s+|T)({_TIME}))?"),
    re.compile(rf"([0-9]{{4}})/([0-9]{{1,2}})/([0-9]{{1,2}})(?:(?:\s+|T)({_TIME}))?"),
    re.compile(rf"([0-9]{{4}})\.([0-9]{{1,2}})\.([0-9]{{1,2}})(?:(?:\s+|T)({_TIME}))?"),
    re.compile(rf"([0-9]{{4}})年([0-9]{{1,2}})月([0-9]{{1,2}})日(?:(?:\s*|T)({_TIME}))?"),
    re.compile(rf"([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})(?:(?:\s+|T)({_TIME}))?"),
]
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_MONTHS = [
    re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月"),
    re.compile(r"([0-9]{4})([0-9]{2})"),
]
_QUARTER = re.compile(r"([0-9]{4})(?:-?Q([1-4])|年第?([1-4一二三四])季度)")
_MONEY = re.compile(r"(-?)¥?(-?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?(元|万元)?")
_INTEGER = re.compile(r"(-?[0-9]{1,18})(?:\.0)?")
_NUMERAL = "[0-9]{1,17}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]"
_YEARS_MONTHS = re.compile(rf"(?:({_NUMERAL})年)(?:零?({_NUMERAL})(?:个月|月))?|({_NUMERAL})(?:个月|月)")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_NAME_DOT = re.compile(rf"(?<=[{_HAN}])[•・‧∙⋅⸱.](?=[{_HAN}])")
_DIGITS = {**{str(n): n for n in range(10)}, **{c: n for n, c in enumerate("一二三四五六七八九", 1)}, "两": 2}


def _older() -> dict[str, str]:
    """Private-use characters of the tables before 2022, and what the standard has in their places."""
    newer = {int(code, 16): chr(int(mean, 16)) for code, mean in (pair.split() for pair in OF_2022.split(", "))}
    found = {}
    for first, count, private in OLDER_TABLES:
        for n in range(count):
            code = first + n
            found[chr(private + n)] = newer.get(code) or code.to_bytes(2, "big").decode("gb18030")
    return found


_OLDER = str.maketrans(_older())
_RADICALS = str.maketrans(dict(zip(RADICALS[::2], RADICALS[1::2], strict=True)))


def _is_never(character: str) -> bool:
    """Control characters (but line ends and tabs, which are white space), and what cannot be seen."""
    if unicodedata.category(character) == "Cc":
        return character not in "\t\n"
    name = unicodedata.name(character, "")
    return character == "\u00ad" or character in DIRECTIONS or "VARIATION SELECTOR" in name


@cache
def text(raw: str) -> str:
    """A cell's text: today's characters in NFKC, nothing invisible, trimmed of white space, freed of Excel's guards."""
    normal = unicodedata.normalize("NFKC", raw.translate(_OLDER)).translate(_RADICALS)
    normal = normal.replace("\r\n", "\n").replace("\r", "\n")
    if not (normal.isascii() and normal.isprintable()):
        normal = "".join(character for character in normal if not _is_never(character))
    normal = _EDGES.sub("", normal)
    if len(normal) >= 3 and normal[:2] == '="' and normal[-1] == '"' and '"' not in normal[2:-1].replace('""', ""):
        return _EDGES.sub("", normal[2:-1].replace('""', '"'))
    if normal[:1] == "'" and re.search("[0-9]", normal):
        return _EDGES.sub("", normal[1:].removesuffix("'"))
    return normal


def squeeze(normal: str) -> str:
    """Text without any white space."""
    return _SPACE.sub("", normal)


@dataclass(frozen=True, eq=False)
class Places:
    """Words for townships and districts of one district's settings; compared by identity so it can be cached on."""

    townships: dict[str, str]
    districts: dict[str, str]


def places(district: District) -> Places:
    """Every word for a township or district that is known, with its code."""
    return Places(_words(district.townships, ("街道", "镇", "乡")), _words(district.districts, ("区", "县")))


def _words(names: dict[str, str], endings: tuple[str, ...]) -> dict[str, str]:
    short: dict[str, list[str]] = {}
    for code, name in names.items():
        for ending in endings:
            if name.endswith(ending):
                short.setdefault(name.removesuffix(ending), []).append(code)
                break
    unique = {word: codes[0] for word, codes in short.items() if len(codes) == 1}
    return {**unique, **{name: code for code, name in names.items()}, **{code: code for code in names}}


@cache
def cell(kind: str, raw: str, known: Places) -> Cell:
    """State (OK, NULL, BAD, ERROR) and value of a cell of type ``kind``; ids are :func:`resident_id`'s.

    Money columns in 万元 have the type ``money:万元``; a month in an XLSX number cell ``month:number``.
    """
    word = text(raw)
    if kind == "flag" and word in FALSE_WORDS:
        return OK, False
    if word in NULL_WORDS:
        return NULL, None
    if word in EXCEL_ERRORS:
        return ERROR, None
    if kind == "duration" and word in ("无期", "无期徒刑"):
        return NULL, None
    value = _value(kind, word, known)
    return (BAD, None) if value is None else (OK, value)


def _value(kind: str, word: str, known: Places) -> Value:
    family, _, detail = kind.partition(":")
    match family:
        case "text":
            return word
        case "name":
            return person_name(word)
        case "date":
            return _date(word)
        case "month":
            return _month(word, is_number=detail == "number")
        case "quarter":
            return _quarter(word)
        case "duration":
            return _duration(word)
        case "money":
            found = money(word, column_unit=detail or "元")
            return None if found is None else found[0]
        case "integer":
            return _integer(word)
        case "flag":
            lower = word.lower()
            return True if lower in TRUE_WORDS else False if lower in FALSE_WORDS else None
        case "code":
            return _code(detail, word)
        case "township":
            return known.townships.get(word)
        case "office":
            return known.townships.get(text(word.removesuffix("司法所")))
        case "district":
            return known.districts.get(word)
    raise ValueError(kind)


def is_scientific(word: str) -> bool:
    """Whether a key is a number as a spreadsheet shows long ones."""
    number = squeeze(word).upper()
    return bool(
        re.fullmatch(r"[0-9]+\.[0-9]*E\+?[0-9]+", number)
        or re.fullmatch(r"[0-9]+E\+[0-9]+", number)
        or re.fullmatch(r"[0-9]E[1-9][0-9]", number)
    )


def is_unreadable(word: str, *, is_name: bool) -> bool:
    """Whether a name or key has a character that nobody can read, or a name pinyin for one."""
    has_han = re.search(f"[{_HAN}]", word) is not None
    if any(c == "\ufffd" or unicodedata.category(c) == "Co" for c in word):
        return True
    if has_han and any(c in "?□■▯" for c in word):
        return True
    if not is_name:
        return False
    return _has_pinyin(word) or (word != "" and squeeze(word).strip("?□■▯") == "")


def is_no_name(name: Value, known: Places) -> bool:
    """Whether a text in a column of names is a place in full, or what a code is called."""
    if not isinstance(name, str) or len(name) < 2:
        return False
    towns = [word for word in known.townships if word.endswith(("街道", "镇", "乡"))]
    districts = [word for word in known.districts if word.endswith(("区", "县"))]
    return name in {
        *towns,
        *districts,
        *(word for words in CODES.values() for names in words.values() for word in names),
    }


def _has_pinyin(name: str) -> bool:
    """Whether letters stand for a Han character: they touch one, or are a small word beside one; Maria 李 is a name."""
    kinds = [
        "h" if re.fullmatch(f"[{_HAN}]", c) else "l" if unicodedata.name(c, "").startswith("LATIN ") else c
        for c in name
    ]
    if any({one, other} == {"h", "l"} for one, other in pairwise(kinds)):
        return True
    words = name.split()
    small = [word.isalpha() and word == word.lower() and not re.search(f"[{_HAN}]", word) for word in words]
    return any(
        (small[n] and re.match(f"[{_HAN}]", words[n + 1]))
        or (re.search(f"[{_HAN}]$", words[n]) and words[n + 1][0].islower())
        for n in range(len(words) - 1)
    )


def person_name(word: str) -> str:
    """A name without inner white space (unless it has Latin letters), the dot between Han characters as ``·``."""
    if not any(unicodedata.name(character, "").startswith("LATIN ") for character in word):
        word = squeeze(word)
    return _NAME_DOT.sub("·", word)


def real_date(year: int, month: int, day: int) -> date | None:
    """The date, when there is such a one between 1900 and 2100."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def _date(word: str) -> date | None:
    for pattern in _DATES:
        match = pattern.fullmatch(word)
        if match is not None:
            year, month, day, time = match.groups()
            return real_date(int(year), int(month), int(day)) if _is_time(time) else None
    return _serial(word)


def _is_time(time: str | None) -> bool:
    if time is None:
        return True
    hour, minute, second, fraction = [*(int(part) for part in re.findall(r"[0-9]+", time)), 0, 0, 0][:4]
    if hour == 24:  # the end of the day, and no later
        return minute == second == fraction == 0
    return hour < 24 and minute < 60 and second < 60


def _serial(word: str) -> date | None:
    """An Excel serial number from 20000 to 60000, counted from 1899-12-30."""
    if _SERIAL.fullmatch(word) is None or not 20000 <= Decimal(word) <= 60000:
        return None
    return date(1899, 12, 30) + timedelta(days=int(Decimal(word)))


def _month(word: str, *, is_number: bool) -> date | None:
    if is_number:
        match = _MONTHS[2].fullmatch(word)
        if match is not None:
            return real_date(int(match[1]), int(match[2]), 1)
        serial = _serial(word)
        return None if serial is None else serial.replace(day=1)
    for pattern in _MONTHS:
        match = pattern.fullmatch(word)
        if match is not None:
            return real_date(int(match[1]), int(match[2]), 1)
    found = _date(word)
    return None if found is None else found.replace(day=1)


def _quarter(word: str) -> str | None:
    match = _QUARTER.fullmatch(word)
    if match is None or not EARLIEST.year <= int(match[1]) <= LATEST.year:
        return None
    return f"{match[1]}Q{_DIGITS[match[2] or match[3]]}"


def _numeral(word: str) -> int:
    if word.isascii():
        return int(word)
    if "十" not in word:
        return _DIGITS[word]
    tens, ones = word.split("十")
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)


def _duration(word: str) -> int | None:
    number = _integer(word)
    if number is not None:
        return number if number >= 0 and not word.startswith("-") else None
    match = _YEARS_MONTHS.fullmatch(word)
    if match is None:
        return None
    years, months, only_months = match.groups()
    if only_months is not None:
        return _numeral(only_months)
    return 12 * _numeral(years) + (_numeral(months) if months else 0)


def money(word: str, *, column_unit: str) -> tuple[Decimal, Decimal] | None:
    """Yuan with two decimals, and half of the last printed digit in yuan; a unit in the cell beats the column's."""
    match = _MONEY.fullmatch(word)
    if match is None:
        return None
    before, after, whole, fraction, unit = match.groups()
    if before and after:
        return None
    factor = Decimal(10000 if (unit or column_unit) == "万元" else 1)
    number = Decimal(whole.replace(",", "") + (fraction or ""))
    yuan = EXACT.multiply(number, factor).quantize(Decimal("0.01"), ROUND_HALF_UP, EXACT)
    places_printed = len(fraction) - 1 if fraction else 0
    half = EXACT.multiply(Decimal(5).scaleb(-places_printed - 1, EXACT), factor)
    return (-yuan if (before or after) and yuan else yuan), half


def _integer(word: str) -> int | None:
    match = _INTEGER.fullmatch(word)
    return None if match is None else int(match[1])


def _code(name: str, word: str) -> str | None:
    for code, words in CODES[name].items():
        if word == code or word in words or (code.startswith("0") and word == code[1:]):
            return code
    return None


@dataclass(frozen=True)
class IdCell:
    """A resident id as far as it can be judged without knowing the delivery date."""

    state: str  # OK, NULL, BAD, ERROR; BAD: W04 or W03
    rule: str | None = None  # W04 or W03 with BAD; W07 for one brought from 15 digits to 18
    number: str | None = None
    birth: date | None = None  # null when impossible (W06)
    check_holds: bool = True


@cache
def resident_id(raw: str) -> IdCell:
    """A resident id, FEEDS.md §2: W04 before W03; W06 and W05 are for :func:`judged_id` to decide."""
    word = text(raw)
    if word in NULL_WORDS:
        return IdCell(NULL)
    if word in EXCEL_ERRORS:
        return IdCell(ERROR)
    number = squeeze(word).upper()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?E\+?[0-9]+", number):
        return IdCell(BAD, "W04")
    raised = re.fullmatch(r"[0-9]{15}", number) is not None
    if raised:
        number = number[:6] + "19" + number[6:]
        number += check_character(number)
    if re.fullmatch(r"[0-9]{17}[0-9X]", number) is None:
        return IdCell(BAD, "W03")
    check_holds = number[17] == check_character(number)
    if number.endswith("000") and not check_holds:
        return IdCell(BAD, "W04")
    birth = real_date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return IdCell(OK, "W07" if raised else None, number, birth, check_holds)


def judged_id(found: IdCell, delivered_on: date) -> tuple[str | None, str | None]:
    """The valid id or None, and the rule to report (W03 … W07) or None."""
    if found.state != OK:
        return None, found.rule
    if found.birth is None or found.birth > delivered_on:
        return None, "W06"
    if not found.check_holds:
        return None, "W05"
    return found.number, found.rule


def check_character(number: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11]
