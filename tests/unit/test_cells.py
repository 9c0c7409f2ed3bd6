"""Every form of FEEDS §2, accepted and refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from reentry.check.cells import install_cells

DELIVERED = date(2025, 6, 30)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    install_cells(connection)
    return connection


def read(con: duckdb.DuckDBPyConnection, macro: str, *arguments: Any) -> Any:
    marks = ", ".join("?" * len(arguments))
    row = con.execute(f"select {macro}({marks})", list(arguments)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "无",
        "暂无",
        "不详",
        "未知",
        "NULL",
        "null",
        "None",
        "N/A",
        "#N/A",
        "\u3000无\xa0",
        "\u200b",
        "－",
        "／",
        "Ｎ／Ａ",
        "\ufeff-\n",
        None,
    ],
)
def test_null_words(con: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert read(con, "cell_clean", text) is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Null", "Null"),
        ("无期", "无期"),
        ("---", "---"),
        ("０１２ａ", "012a"),
        ("\u3000 张 三\u200b\t", "张 三"),
        ("（渝）㈱", "(渝)(株)"),
        ("A\u3000B", "A B"),
        ("\x1f甲\x85", "甲"),
        ("甲\x0b\x07乙", "甲乙"),
        ("甲\r\n乙\r丙", "甲\n乙\n丙"),
        ("\u202a甲\xad\u200e\ufe0f乙\u2069", "甲乙"),
        ('="0012"', "0012"),
        ('="甲 ""乙"""', '甲 "乙"'),
        ("'0012", "0012"),
        ("\t0012\t", "0012"),
        ("'甲'", "'甲'"),
        ("=1+1", "=1+1"),
        ("\ue81e\ue816\ue78d", "\u9fb4\U00020087,"),
        ("\u2ee2\u2f45\u2ef2", "马方亀"),
        ("\ue000", "\ue000"),
    ],
)
def test_text(con: duckdb.DuckDBPyConnection, text: str, clean: str) -> None:
    assert read(con, "cell_text", text) == clean


@pytest.mark.parametrize(
    "text", ["#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", " #REF! ", "#SPILL!", "#CALC!"]
)
def test_excel_errors_are_no_text(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_text", text) is None
    assert read(con, "cell_clean", text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-05",
        "2025-3-5",
        "2025/3/5",
        "2025/03/05",
        "2025.3.5",
        "2025年3月5日",
        "2025年03月05日",
        "20250305",
        "２０２５－０３－０５",
        "2025-03-05 10:30",
        "2025-03-05T10:30:59",
        "2025/3/5 0:00",
        "20250305 10:30:00.000",
        "2025年3月5日10:30",
        "2025年3月5日 10时30分",
        "45721",
        "45721.5",
        " 45721\u3000",
        "2025-03-05 00:00:00",
        "2025-03-05 24:00",
        "2025/3/5T24:00:00.0",
        "2025年3月5日24时00分",
    ],
)
def test_dates(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_date", text) == date(2025, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "25-3-5",
        "25.3.5",
        "2025-03",
        "202503",
        "2025年3月",
        "2025-02-29",
        "2025-13-01",
        "20250230",
        "2025-3/5",
        "2025",
        "2025年3月5",
        "2025-03-05x",
        "2025-03-05 25:00",
        "2025-03-05 24:01",
        "2025-03-05 24:00:00.1",
        "2025-03-05 10:61",
        "19999",
        "60001",
        "60000.5",
        "1899-12-31",
        "2101-01-01",
        "2025-03-05Z",
        "-45721",
        "昨天",
        "2025-003-05",
        "infinity",
        "epoch",
        "2025-03-0510:30",
    ],
)
def test_no_dates(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_date", text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1900-01-01", date(1900, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)),
        ("20000", date(1954, 10, 3)),
        ("60000", date(2064, 4, 8)),
        ("2024-2-29", date(2024, 2, 29)),
    ],
)
def test_first_and_last_dates(con: duckdb.DuckDBPyConnection, text: str, day: date) -> None:
    assert read(con, "cell_date", text) == day


@pytest.mark.parametrize(
    "text",
    [
        "2025-03",
        "2025-3",
        "2025/3",
        "2025.3",
        "2025.03",
        "2025年3月",
        "2025年03月",
        "202503",
        "2025-03-31",
        "45721",
        "20250305",
        "2025年3月5日",
        "２０２５年３月",
    ],
)
def test_months(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_month", text) == date(2025, 3, 1)


# 2025.300 is how landing writes a number cell that is no month
@pytest.mark.parametrize(
    "text", ["202513", "2025-0", "2025-00", "2025", "25-03", "3月", "2025.300", "2025年3", "189912", "210101"]
)
def test_no_months(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_month", text) is None


@pytest.mark.parametrize(
    "text", ["2025Q2", "2025-Q2", "2025年二季度", "2025年第二季度", "2025年2季度", "2025年第2季度", "２０２５Ｑ２"]
)
def test_quarters(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_quarter", text) == date(2025, 4, 1)


@pytest.mark.parametrize("text", ["2025Q5", "2025Q0", "2025年五季度", "2025第二季度", "2025", "2025-04", "25Q1", "Q2"])
def test_no_quarters(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_quarter", text) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("0", 0),
        ("18", 18),
        ("18.0", 18),
        ("3年6个月", 42),
        ("三年六个月", 42),
        ("6个月", 6),
        ("十年", 120),
        ("二十年", 240),
        ("一年零三个月", 15),
        ("两年", 24),
        ("6月", 6),
        ("十一个月", 11),
        ("二十五年", 300),
        ("十五年零十一个月", 191),
        ("３年", 36),
        ("1年3月", 15),
    ],
)
def test_durations(con: duckdb.DuckDBPyConnection, text: str, months: int) -> None:
    assert read(con, "cell_duration", text) == months
    assert read(con, "word_is_unparsed_duration", read(con, "cell_clean", text)) is False


@pytest.mark.parametrize(
    "text", ["-6", "半年", "年", "三", "3.5", "3年-1个月", "十十年", "有期徒刑三年", "1e2", "3年零"]
)
def test_no_durations(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_duration", text) is None
    assert read(con, "word_is_unparsed_duration", read(con, "cell_clean", text)) is True


@pytest.mark.parametrize("text", ["无期", "无期徒刑"])
def test_life_is_null_without_a_finding(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_duration", text) is None
    assert read(con, "word_is_unparsed_duration", read(con, "cell_clean", text)) is False


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("1200", "1200"),
        ("1,200.00", "1200"),
        ("￥1200", "1200"),
        ("¥1200.5", "1200.5"),
        ("1200元", "1200"),
        ("0.12万元", "1200"),
        ("1,234,567.89", "1234567.89"),
        ("-1200", "-1200"),
        ("-￥1200", "-1200"),
        ("￥-1200", "-1200"),
        ("１，２００", "1200"),
        ("1.005", "1.01"),
        ("1.0049999999999999999999999", "1.00"),
        ("-1.005", "-1.01"),
        ("0.00000049万元", "0.00"),
        ("0.0000005万元", "0.01"),
        ("123.45678万元", "1234567.8"),
        ("0", "0"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_money(con: duckdb.DuckDBPyConnection, text: str, yuan: str) -> None:
    assert read(con, "cell_money", text, None) == Decimal(yuan)


@pytest.mark.parametrize(
    ("text", "yuan"), [("0.12", "1200"), ("1200元", "1200"), ("0.12万元", "1200"), ("￥1", "10000"), ("-1.5", "-15000")]
)
def test_a_unit_in_the_cell_beats_that_of_the_column(con: duckdb.DuckDBPyConnection, text: str, yuan: str) -> None:
    assert read(con, "cell_money", text, "万元") == Decimal(yuan)


@pytest.mark.parametrize(
    "text",
    [
        "1,2",
        "12,00",
        "1200,000",
        "1,2000",
        ",100",
        "--1",
        "-￥-1",
        "1.",
        ".5",
        "1e3",
        "1 200",
        "十元",
        "1200元整",
        "+5",
        "0.12万",
        "99999999999999999",
        "1.2.3",
    ],
)
def test_no_money(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_money", text, None) is None


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("3.0", 3), ("３", 3), ("-3", -3), ("007", 7), (" 0 ", 0)])
def test_integers(con: duckdb.DuckDBPyConnection, text: str, number: int) -> None:
    assert read(con, "cell_integer", text) == number


@pytest.mark.parametrize("text", ["3.5", "+3", "1,000", "3个", "1e3", "三", "3.", "0x3", "9" * 30, "3_0"])
def test_no_integers(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(con, "cell_integer", text) is None


@pytest.mark.parametrize(
    ("text", "flag"),
    [(t, True) for t in ["是", "有", "Y", "y", "1", "１", "true", "TRUE", "True", "√", " 是\u3000"]]
    + [(t, False) for t in ["否", "无", "N", "n", "0", "false", "FALSE", "×", "\u3000无 "]]
    + [(t, None) for t in ["", "-", "未知", "不详", "不", "2", "yes", "x", "是的", "没有", "#REF!"]],
)
def test_flags(con: duckdb.DuckDBPyConnection, text: str, flag: bool | None) -> None:
    assert read(con, "cell_flag", text) is flag


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张 三", "张三"),
        ("张\u3000\u200b三", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿.买.提", "阿·买·提"),
        ("阿・买‧提∙江", "阿·买·提·江"),
        ("阿⋅买⸱提･江", "阿·买·提·江"),
        ("王．五", "王·五"),
        ("阿 . 买", "阿·买"),
        ("J. R. Smith", "J. R. Smith"),
        ("张三.", "张三."),
        ("阿·买", "阿·买"),
        ("𠮷 野", "𠮷野"),
        ("未知", None),
        ("#NAME?", None),
    ],
)
def test_person_names(con: duckdb.DuckDBPyConnection, text: str, name: str | None) -> None:
    assert read(con, "cell_person_name", text) == name


@pytest.mark.parametrize(
    ("text", "is_scientific"),
    [(t, True) for t in ["5.00151E+17", "5.00151e17", "5E17", "500E+15", "5.E+5", "5.0 E+17"]]
    + [(t, False) for t in ["2025E0001", "12E3", "1E1", "E17", "5.0E", "A5.0E+17", "500151202506000001", "渝5E17"]],
)
def test_what_a_spreadsheet_shows_of_long_numbers(
    con: duckdb.DuckDBPyConnection, text: str, is_scientific: bool
) -> None:
    assert read(con, "word_is_scientific", text) is is_scientific


VALID = "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "id_no", "problem"),
    [
        (VALID, VALID, None),
        (VALID.lower(), VALID, None),
        ("110105 19491231 002x", VALID, None),
        ("１１０１０５１９４９１２３１００２Ｘ", VALID, None),
        ("\u200b110105\u300019491231\u200b002X", VALID, None),
        ("110105491231002", VALID, "W07"),
        ("110105 491231 002", VALID, "W07"),
        ("110105491331002", None, "W06"),
        ("1.10105E+17", None, "W04"),
        ("1.10105194912E17", None, "W04"),
        ("110105194912310000", None, "W04"),
        ("110105194913310000", None, "W04"),
        ("1101051949123100", None, "W03"),
        ("11010519491231002A", None, "W03"),
        ("X10105194912310021", None, "W03"),
        ("张三", None, "W03"),
        ("110105194912310021", None, "W05"),
        ("110105194913310021", None, "W06"),
        ("110105189912310021", None, "W06"),
        ("110105202507010021", None, "W06"),
        ("无", None, None),
        ("", None, None),
        ("#REF!", None, None),
    ],
)
def test_resident_ids(con: duckdb.DuckDBPyConnection, text: str, id_no: str | None, problem: str | None) -> None:
    assert read(con, "cell_resident_id", text, DELIVERED) == id_no
    assert read(con, "cell_resident_problem", text, DELIVERED) == problem


def test_an_id_may_end_in_000_when_its_check_character_holds(con: duckdb.DuckDBPyConnection) -> None:
    first_17 = next(text for n in range(100) if read(con, "check_character", text := f"1101051990010{n:02}00") == "0")
    assert read(con, "cell_resident_problem", f"{first_17}0", DELIVERED) in (None, "W06")


def test_a_birth_on_the_day_of_delivery_is_possible(con: duckdb.DuckDBPyConnection) -> None:
    digits = "50015120250630123"
    assert read(con, "cell_resident_problem", digits + read(con, "check_character", digits), DELIVERED) is None


def test_install_twice(con: duckdb.DuckDBPyConnection) -> None:
    install_cells(con)
    assert read(con, "cell_text", "Ａ") == "A"
