"""The macros against small parsers in Python, on text made by Hypothesis."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oracle.cells import text as oracle_text
from reentry.characters import normal
from reentry.check.cells import install_cells

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPACE = "\u200b\u200c\u200d\u2060\ufeff\u180e"


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    install_cells(connection)
    return connection


def column(con: duckdb.DuckDBPyConnection, expression: str, texts: list[str]) -> list[object]:
    """The expression of ``t`` for many texts at once."""
    rows = con.execute(
        f"select {expression} from (select unnest($1::varchar[]) as t, generate_subscripts($1::varchar[], 1) as n)"
        " order by n",
        [texts],
    ).fetchall()
    return [row[0] for row in rows]


# no surrogates, and none without a meaning yet: what NFKC makes of those depends on the edition of Unicode
anything = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=12)


@quick
@given(st.lists(anything, min_size=1, max_size=50))
def test_normal_form(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    assert column(con, "cell_normal(t)", texts) == [oracle_text(text) for text in texts]


odd = st.text(
    st.one_of(
        st.characters(min_codepoint=0xE780, max_codepoint=0xE870),
        st.characters(min_codepoint=0x2E80, max_codepoint=0x2FDF, exclude_categories=["Cn"]),
        st.sampled_from("=\"'\"' 01张\r\n\t\x0b\x1f\x85\xad\u200b\u200e\u202a\u2066\ufe0f\U000e0100"),
    ),
    min_size=1,
    max_size=12,
)


@quick
@given(st.lists(odd, min_size=1, max_size=50))
@example(['="0012"', "'0012'", '="', '="a""b"', "'甲", "\t'7", "马\ue81e\r\n"])
def test_odd_characters(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    expected = [oracle_text(text) for text in texts]
    assert column(con, "cell_normal(t)", texts) == expected
    assert [normal(text) for text in texts] == expected


@quick
@given(
    st.lists(
        st.builds(
            lambda sign, whole, fraction, unit: f"{sign}{whole}{fraction}{unit}",
            st.sampled_from(["", "-", "￥", "-¥", "¥-", "+"]),
            st.one_of(st.integers(0, 10**11).map(str), st.integers(0, 10**11).map(lambda n: f"{n:,}"), st.just("1,00")),
            st.one_of(st.just(""), st.text("0123456789", max_size=12).map(lambda digits: "." + digits)),
            st.sampled_from(["", "元", "万元", "万"]),
        ),
        min_size=1,
        max_size=50,
    ),
    st.sampled_from([None, "万元"]),
)
def test_money(con: duckdb.DuckDBPyConnection, texts: list[str], unit: str | None) -> None:
    found = column(con, f"cell_money(t, {repr(unit) if unit else 'null'})", texts)
    assert found == [money(text, unit) for text in texts]


def money(text: str, unit: str | None) -> Decimal | None:
    body = text.removesuffix("万元").removesuffix("元") if text.endswith("元") else text
    in_cell = "万元" if text.endswith("万元") else "元" if text.endswith("元") else None
    signs = re.match(r"[-¥￥+]*", body)
    sign = signs[0].replace("￥", "¥") if signs else ""
    digits = body[len(sign) :]
    if sign not in ("", "-", "¥", "-¥", "¥-") or not re.fullmatch(r"[0-9,]+(\.[0-9]+)?", digits):
        return None
    whole = digits.split(".")[0]
    if "," in whole and whole != f"{int(whole.replace(',', '')):,}":
        return None
    with localcontext(prec=60):
        yuan = Decimal(digits.replace(",", "")) * (10000 if (in_cell or unit) == "万元" else 1)
        return (-yuan if "-" in sign else yuan).quantize(Decimal("0.01"), ROUND_HALF_UP)


@quick
@given(
    st.lists(
        st.builds(
            lambda day, form, tail: form(day) + tail,
            st.dates(date(1890, 1, 1), date(2110, 12, 31)),
            st.sampled_from(
                [
                    lambda d: f"{d:%Y-%m-%d}",
                    lambda d: f"{d.year}-{d.month}-{d.day}",
                    lambda d: f"{d.year}/{d.month}/{d.day}",
                    lambda d: f"{d.year}.{d.month:02}.{d.day}",
                    lambda d: f"{d.year}年{d.month}月{d.day}日",
                    lambda d: f"{d:%Y%m%d}",
                    lambda d: str((d - date(1899, 12, 30)).days),
                ]
            ),
            st.sampled_from(["", "", " ", "\u3000", " 8:05", "T23:59:59", " 24:00"]),
        ),
        min_size=1,
        max_size=50,
    )
)
def test_dates_in_every_form(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    assert column(con, "cell_date(t)", texts) == [day(text) for text in texts]


def day(text: str) -> date | None:
    numbers = [int(number) for number in re.findall(r"[0-9]+", text)]
    if len(str(numbers[0])) < 8 and len(numbers) in (1, 3, 4) and numbers[0] > 2200:
        in_range = 20000 <= numbers[0] <= 60000 and not re.search("[T:]", text)
        return date(1899, 12, 30) + timedelta(days=numbers[0]) if in_range else None
    if re.fullmatch(r"-?[0-9]{1,5}(\s*|[T ].*)", text):
        return None
    if numbers[0] > 9999:
        numbers[:1] = [numbers[0] // 10000, numbers[0] // 100 % 100, numbers[0] % 100]
    found = date(numbers[0], numbers[1], numbers[2])
    return found if date(1900, 1, 1) <= found <= date(2100, 12, 31) else None


@quick
@given(st.lists(st.text("0123456789-/.年月日 T:", min_size=1, max_size=12), min_size=1, max_size=80))
def test_no_date_is_invented(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    for text, found in zip(texts, column(con, "cell_date(t)", texts), strict=True):
        if isinstance(found, date) and not re.match(r"\s*[0-9]{5}(\.|\s*$)", text):
            digits = re.sub("[^0-9]", "", text)
            assert digits.startswith(str(found.year)), text


HAN = "零一二三四五六七八九"


def numeral(number: int) -> str:
    if number < 10:
        return HAN[number]
    tens, ones = divmod(number, 10)
    return (HAN[tens] if tens > 1 else "") + "十" + (HAN[ones] if ones else "")


@quick
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99), st.booleans()), min_size=1, max_size=40))
def test_durations(con: duckdb.DuckDBPyConnection, parts: list[tuple[int, int, bool]]) -> None:
    write: dict[bool, Callable[[int], str]] = {True: numeral, False: str}
    texts = [f"{write[han](years)}年零{write[not han](months)}个月" for years, months, han in parts]
    texts += [f"{write[han](years)}年" for years, _, han in parts]
    texts += [f"{write[han](months)}月" for _, months, han in parts]
    expected = [12 * years + months for years, months, _ in parts]
    expected += [12 * years for years, *_ in parts] + [months for _, months, _ in parts]
    assert column(con, "cell_duration(t)", texts) == expected


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_problem(text: str) -> str | None:
    word = re.sub(r"\s", "", text).upper()
    is_raised = re.fullmatch("[0-9]{15}", word) is not None
    if is_raised:
        word = word[:6] + "19" + word[6:]
        word += check(word)
    if not re.fullmatch("[0-9]{17}[0-9X]", word):
        return "W03"
    if word.endswith("000") and word[17] != check(word):
        return "W04"
    try:
        birth = date(int(word[6:10]), int(word[10:12]), int(word[12:14]))
    except ValueError:
        return "W06"
    if not date(1900, 1, 1) <= birth <= date(2025, 6, 30):
        return "W06"
    return "W05" if word[17] != check(word) else "W07" if is_raised else None


def check(word: str) -> str:
    return "10X98765432"[sum(int(d) * w for d, w in zip(word, WEIGHTS, strict=False)) % 11]


@quick
@given(
    st.lists(
        st.one_of(
            st.builds(
                lambda region, birth, serial, last: f"{region:06}{birth:%Y%m%d}{serial:03}" + last,
                st.integers(0, 999999),
                st.dates(date(1890, 1, 1), date(2030, 1, 1)),
                st.integers(0, 999),
                st.sampled_from("0123456789Xx"),
            ),
            st.text("0123456789Xx ", min_size=15, max_size=19).filter(str.strip),
            st.integers(10**14, 10**15 - 1).map(str),
        ),
        min_size=1,
        max_size=60,
    )
)
@example(texts=["0000000001   01000"])  # 15 digits, 18 characters
def test_resident_ids(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    found = column(con, "cell_resident_problem(t, date '2025-06-30')", texts)
    assert found == [id_problem(text) for text in texts]
