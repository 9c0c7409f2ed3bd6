"""Cells as the oracle reads them: FEEDS.md §2, form by form."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from oracle.cells import BAD, ERROR, NULL, OK, cell, judged_id, money, places, resident_id, text
from oracle.contract import CODES, FEEDS
from oracle.files import cell_text, csv_records, shortest_decimal
from oracle.shapes import District, Value

KNOWN = places(
    District(
        "500151",
        {"500151105": "安居镇", "500151001": "巴川街道", "500151002": "双山镇", "500151003": "双山乡"},
        {"500151": "铜梁区", "500233": "忠县"},
    )
)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("date", "2025-03-05", date(2025, 3, 5)),
        ("date", "2025-3-5", date(2025, 3, 5)),
        ("date", "2025/3/5", date(2025, 3, 5)),
        ("date", "2025.3.5", date(2025, 3, 5)),
        ("date", "2025年3月5日", date(2025, 3, 5)),
        ("date", "２０２５年３月５日", date(2025, 3, 5)),
        ("date", "20250305", date(2025, 3, 5)),
        ("date", "2025-03-05 23:59:59", date(2025, 3, 5)),
        ("date", "2025-03-05 24:00:00", date(2025, 3, 5)),
        ("date", "2025-03-05T08:30", date(2025, 3, 5)),
        ("date", "20250305 08:30", date(2025, 3, 5)),
        ("date", "2025年3月5日08:30", date(2025, 3, 5)),
        ("date", "\u200b 2025-03-05\u3000", date(2025, 3, 5)),
        ("date", "20000", date(1954, 10, 3)),
        ("date", "45721", date(2025, 3, 5)),
        ("date", "45721.75", date(2025, 3, 5)),
        ("date", "60000", date(2064, 4, 8)),
        ("month", "2025-03", date(2025, 3, 1)),
        ("month", "2025-3", date(2025, 3, 1)),
        ("month", "2025/3", date(2025, 3, 1)),
        ("month", "2025.10", date(2025, 10, 1)),
        ("month", "2025年3月", date(2025, 3, 1)),
        ("month", "202503", date(2025, 3, 1)),
        ("month", "2025-03-31", date(2025, 3, 1)),
        ("month", "20250331", date(2025, 3, 1)),
        ("month:number", "202503", date(2025, 3, 1)),
        ("month:number", "45721", date(2025, 3, 1)),
        ("quarter", "2025Q1", "2025Q1"),
        ("quarter", "2025-Q4", "2025Q4"),
        ("quarter", "2025年一季度", "2025Q1"),
        ("quarter", "2025年第四季度", "2025Q4"),
        ("quarter", "2025年2季度", "2025Q2"),
        ("quarter", "2025年第3季度", "2025Q3"),
        ("duration", "42", 42),
        ("duration", "3年6个月", 42),
        ("duration", "三年六个月", 42),
        ("duration", "6个月", 6),
        ("duration", "6月", 6),
        ("duration", "十年", 120),
        ("duration", "二十年", 240),
        ("duration", "十五年", 180),
        ("duration", "二十五年十一个月", 311),
        ("duration", "一年零三个月", 15),
        ("duration", "两年", 24),
        ("integer", "3", 3),
        ("integer", "3.0", 3),
        ("integer", "３", 3),
        ("integer", "-3", -3),
        ("money", "1200", Decimal("1200.00")),
        ("money", "1,200.00", Decimal("1200.00")),
        ("money", "1,234,567.891", Decimal("1234567.89")),
        ("money", "￥1200", Decimal("1200.00")),
        ("money", "1200元", Decimal("1200.00")),
        ("money", "0.12万元", Decimal("1200.00")),
        ("money", "-5", Decimal("-5.00")),
        ("money", "0.005", Decimal("0.01")),
        ("money", "-0.005", Decimal("-0.01")),
        ("money", "1.005", Decimal("1.01")),
        ("money:万元", "0.12", Decimal("1200.00")),
        ("money:万元", "1200元", Decimal("1200.00")),
        ("money:万元", "0.000000499", Decimal("0.00")),
        ("flag", "无", False),
        ("flag", "×", False),
        ("flag", "0", False),
        ("flag", "FALSE", False),
        ("flag", "√", True),
        ("flag", "有", True),
        ("flag", "Y", True),
        ("flag", "TRUE", True),
        ("code:handover_mode", "6", "06"),
        ("code:handover_mode", "06", "06"),
        ("code:handover_mode", " 自返 ", "06"),
        ("code:placement", "0", "00"),
        ("code:relief_type", "低保", "1"),
        ("code:relief_type", "最低生活保障", "1"),
        ("township", "安居", "500151105"),
        ("township", "安居镇", "500151105"),
        ("township", "500151105", "500151105"),
        ("township", "双山乡", "500151003"),
        ("township", "巴川", "500151001"),
        ("office", "安居镇司法所", "500151105"),
        ("office", "巴川司法所", "500151001"),
        ("district", "铜梁", "500151"),
        ("district", "忠", "500233"),
        ("district", "500233", "500233"),
        ("name", "张 三", "张三"),
        ("name", "张\u3000三", "张三"),
        ("name", "买买提•吐尔逊", "买买提·吐尔逊"),
        ("name", "买买提.吐尔逊．艾力", "买买提·吐尔逊·艾力"),
        ("name", "John A. Smith", "John A. Smith"),
        ("text", " a  b\u00a0", "a  b"),
    ],
)
def test_a_form_that_parses(kind: str, raw: str, value: Value) -> None:
    """Every form of FEEDS.md §2 gives its value."""
    assert cell(kind, raw, KNOWN) == (OK, value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("date", "25-03-05"),
        ("date", "2025-03"),
        ("date", "2025-02-29"),
        ("date", "2025/3-5"),
        ("date", "2025-03-05 25:00"),
        ("date", "2025-03-05 24:30"),
        ("date", "2025-03-05 24:00:01"),
        ("date", "1899-12-31"),
        ("date", "2101-01-01"),
        ("date", "19999"),
        ("date", "60001"),
        ("month", "2025-13"),
        ("month:number", "2025.3"),
        ("month:number", "20250305"),
        ("quarter", "2025Q5"),
        ("duration", "-3"),
        ("duration", "年"),
        ("duration", "三年半"),
        ("integer", "3.5"),
        ("integer", "3人"),
        ("integer", "1,200"),
        ("money", "12,00"),
        ("money", "1,2345"),
        ("money", "1e3"),
        ("money", "约1200"),
        ("flag", "待定"),
        ("code:sex", "01"),
        ("code:sex", "男性"),
        ("township", "双山"),
        ("township", "县外镇"),
        ("district", "成都市"),
    ],
)
def test_a_form_that_does_not_parse(kind: str, raw: str) -> None:
    """What is near to a form but none of them."""
    assert cell(kind, raw, KNOWN) == (BAD, None)


@pytest.mark.parametrize("raw", ["", " \u3000", "-", "－", "--", "—", "——", "/", "\\", "无", "不详", "None", "#N/A"])
def test_null_words(raw: str) -> None:
    """Null words are null after NFKC and trimming."""
    assert cell("text", raw, KNOWN) == (NULL, None)


def test_null_is_spelt_as_listed() -> None:
    """Other spellings are text; life sentences are null without a finding; Excel errors are neither."""
    assert cell("text", "none", KNOWN) == (OK, "none")
    assert cell("duration", "无期徒刑", KNOWN) == (NULL, None)
    assert cell("date", "#REF!", KNOWN) == (ERROR, None)
    assert cell("date", "#N/A", KNOWN) == (NULL, None)


@pytest.mark.parametrize(
    ("raw", "number", "rule"),
    [
        ("11010519491231002X", "11010519491231002X", None),
        (" 110105 19491231 002x", "11010519491231002X", None),
        ("110105491231002", "11010519491231002X", "W07"),
        ("1.10105194912310E+17", None, "W04"),
        ("110105194912310000", None, "W04"),
        ("11010519491231002", None, "W03"),
        ("1101051949123100ZX", None, "W03"),
        ("110105194913310021", None, "W06"),
        ("110105202504020021", None, "W06"),
        ("110105194912310021", None, "W05"),
        ("不详", None, None),
        ("#VALUE!", None, None),
    ],
)
def test_resident_ids(raw: str, number: str | None, rule: str | None) -> None:
    """The first that fits of W04, W03, W06, W05, judged as of the delivery date."""
    assert judged_id(resident_id(raw), date(2025, 4, 1)) == (number, rule)


def test_an_id_from_a_number_cell_shows_its_damage() -> None:
    """Excel keeps 15 digits; a double of 18 digits is printed without an exponent."""
    assert cell_text(110105194912310021) == "110105194912310020"
    assert cell_text(1.10105194912310e17) == "110105194912310000"


def test_xlsx_cells_as_text() -> None:
    """Shortest decimal without exponent and ``.0``, booleans, dates."""
    assert [shortest_decimal(number) for number in (3.0, 0.1, 1e-7, 1e22, 1200.5)] == [
        *("3", "0.1", "0.0000001", "10000000000000000000000", "1200.5")
    ]
    assert cell_text(True) == "TRUE"
    assert cell_text(datetime(2025, 3, 5, 23, 58, 59)) == "2025-03-05"
    assert cell_text(datetime(2025, 3, 5, 23, 59)) == "2025-03-06"
    assert cell_text(None) == ""


def test_half_of_the_last_printed_digit() -> None:
    """Printed precision counts in the unit printed."""
    assert money("12.3万元", column_unit="元") == (Decimal("123000.00"), Decimal("500"))
    assert money("120", column_unit="元") == (Decimal("120.00"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('a,"b,1",c\n', [["a", "b,1", "c"]]),
        ('"a\nb",c\nd,e', [["a\nb", "c"], ["d", "e"]]),
        ('"a ""x"" b",c', [['a "x" b', "c"]]),
        ('a"b,c', [['a"b', "c"]]),
        (' "a",b', [[' "a"', "b"]]),
        ('"a"x,b\nc,d', [(), ["c", "d"]]),
        ('"a" ,b\nc,d', [(), ["c", "d"]]),
        ('x,"a\nc,d\n', [("x",), ["c", "d"]]),
        ('x,"a\n"c",d\ne,f', [("x",), ["c", "d"], ["e", "f"]]),
        ('x,"a\nb"y,z\nc,d', [("x",), ['b"y', "z"], ["c", "d"]]),
        ('"a\nb","c\nd,e', [("a\nb",), ["d", "e"]]),
        ("a,b,", [["a", "b", ""]]),
        ('"a",', [["a", ""]]),
        ('""', [[""]]),
        ("a\n\nb\n", [["a"], [""], ["b"]]),
        ("", []),
    ],
)
def test_csv_records(content: str, expected: list[list[str] | tuple[str, ...]]) -> None:
    """Separators and line ends in quotes, doubled quotes; of lines that broken quotes spoil what is before (tuples)."""
    found = [tuple(r.cells) if r.is_broken else r.cells for r in csv_records(content, ",")]
    assert found == expected


def test_text_keeps_inner_white_space() -> None:
    """Only the edges are trimmed."""
    assert text("\ufeff a b\u200d") == "a b"


def test_every_feed_has_a_key_and_known_types() -> None:
    """The contract table was read as meant."""
    assert len(FEEDS) == 15
    for feed in FEEDS.values():
        assert feed.key
        headers = [header for column in feed.columns for header in column.headers]
        assert len(headers) == len(set(headers))
        for column in feed.columns:
            family, _, name = column.kind.partition(":")
            assert (name in CODES) == (family == "code")
    assert {feed.id for feed in FEEDS.values() if feed.is_snapshot} == {
        *("justice.register", "police.residence", "hr.public_posts", "finance.budget")
    }
