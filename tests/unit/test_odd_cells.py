"""Cells that ordinary programs write and that no agency means so: each with the value that is right."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk import REGISTER, RELIEF, SWEEPS, VISITS, Desk, csv_bytes, make_desk
from odd_workbooks import Xml, error, formula, number, odd_workbook
from oracle.people import with_check_character
from reentry.check import check
from reentry.settings import Settings
from reentry.vault import open_vault

TODAY = date(2025, 12, 31)
ID = "500151198501022014"
HEAD = ["释放证明书编号", "姓名", "证件号码", "释放日期", "释放类型", "罪名", "关押单位", "户籍地镇街", "前科次数"]
# ids of one birthday whose double is printed with a right check character as well
LUCKY = [
    made
    for n in range(4000)
    if (made := with_check_character(f"5001511985010{n // 1000 + 1}{n % 1000:03}"))[17] != "X"
    and (printed := str(int(float(made)))) == with_check_character(printed[:17])
]
EARLY = 45838.999502314815  # 2025-06-30 23:59:17


def release(key: str, **cells: str | Xml) -> list[str | Xml]:
    """A row of releases that breaks no rule, but for the cells given by header."""
    usual = {"释放证明书编号": key, "姓名": "王五", "证件号码": ID, "释放日期": "2025-06-01", "释放类型": "1"}
    return [{**usual, **cells}.get(name, "") for name in HEAD]


def relief(key: str, amount: str | Xml, granted: str | Xml = "2025-06-01") -> list[str | Xml]:
    """A payment."""
    return [key, "S1", "王五", "低保", granted, amount, "1"]


def subtotal(word: str, amount: str | Xml) -> list[str | Xml]:
    """A footer of payments."""
    return [word, "", "", "", "", amount, ""]


IN_WAN = [header.replace("金额", "金额（万元）") for header in RELIEF]
TEXTS = {  # as delivered: name, id, key; as they are meant
    "R01": ("王五\r\n", f"{ID}\r", "R01\r"),
    "R02": ("王\x0b五", f"{ID[:6]}\x07{ID[6:]}", "R\x0102"),
    "R03": ("王\xad五", f"\u202d{ID}\u202c", "\u202aR03\u202c"),
    "R04": ("王\ufe00五", f"{ID}\u200e", "R04\u200f"),
    "R05": ("王\U000e0100五", f"\u2066{ID}\u2069", "\ufeffR05"),
    "R06": ("王五", f'="{ID}"', '="R06"'),
    "R07": ("王五", f"'{ID}", "'R07"),
    "R08": ("王五", f"\t{ID}", "\tR08\t"),
    "R09": ("王五", f'="\t{ID}"', "＝＂R09＂"),
    "R10": ("王 五", f"'{ID[:6]} {ID[6:]}'", "R10"),
}
NAMES = {  # every way in which a name comes, and the name
    "N01": ("马\ue81e", "马\u9fb4"),
    "N02": ("马\u9fb4", "马\u9fb4"),
    "N03": ("\u2ee2某", "马某"),
    "N04": ("\u2f45某", "方某"),
    "N05": ("阿\u22c5买", "阿·买"),
    "N06": ("阿\u2e31买", "阿·买"),
    "N07": ("马\ue816", "马\U00020087"),
    "N08": ("马\ue864", "马\u9fbb"),
    "N09": ("马\ue815", "马\u5382"),
}
NAMES_IN_GB18030 = {  # bytes of a name, and the name
    "G01": (b"\xc2\xed\xfe\x59", "马\u9fb4"),
    "G02": (b"\xc2\xed\xfe\x51", "马\U00020087"),
    "G03": (b"\xc2\xed\xfe\xa0", "马\u9fbb"),
    "G04": (b"\xc2\xed\xfe\x55", "马\u3473"),
    "G05": (b"\xc2\xed\x82\x35\x90\x37", "马\u9fb4"),
    "G06": (b"\xc2\xed\xa8\xbc", "马\u1e3f"),
}


def csv_in_gb18030() -> bytes:
    """A file whose names are bytes."""
    lines = [",".join(HEAD[:5]).encode("gb18030")]
    for key, (name, _) in NAMES_IN_GB18030.items():
        lines.append(f"{key},".encode() + name + f",{ID},2025-06-01,1".encode())
    return b"\n".join(lines)


BY_TEXT = [release(key, 释放证明书编号=said[2], 姓名=said[0], 证件号码=said[1]) for key, said in TEXTS.items()]
BY_NAME = [release(key, 姓名=name) for key, (name, _) in NAMES.items()]
FILES: dict[str, bytes] = {
    "corrections/releases_20250701.csv": csv_bytes(HEAD, *BY_TEXT),
    "corrections/releases_20250702.xlsx": odd_workbook(HEAD, *BY_TEXT[:1], *BY_TEXT[2:]),  # XML has no bell
    "corrections/releases_20250703.csv": csv_bytes(HEAD, *BY_NAME),
    "corrections/releases_20250704.xlsx": odd_workbook(HEAD, *BY_NAME),
    "corrections/releases_20250705.csv": csv_in_gb18030(),
    # ids that were number cells of 15 to 18 digits
    "corrections/releases_20250706.xlsx": odd_workbook(
        HEAD,
        *[release(f"I{n}", 证件号码=number(lucky)) for n, lucky in enumerate(LUCKY)],
        release("J16", 证件号码=number("5001511985010220")),
        release("J17", 证件号码=number("50015119850102201")),
        release("J15", 证件号码=number("500151850102201")),
        release("K18", 证件号码="500151198501022014"),
    ),
    # formulas without values, errors with and without an address
    "corrections/releases_20250707.xlsx": odd_workbook(
        HEAD,
        release("E1", 罪名=formula("A1"), 户籍地镇街=formula("A1"), 证件号码=formula("A1")),
        release("E2", 罪名=error("#SPILL!"), 前科次数=error("#MADE_UP!")),
        release("E3", 释放日期=formula("TODAY()")),
        release("E4", 释放日期=error("#REF!")),
        [*release("E5")[:5], error("#REF!", has_address=False)],
        release("E6", 罪名=error("#N/A")),
        release("E7", 前科次数=number("NaN"), 罪名=number("NaN")),
        release("E8", 前科次数=number("1e999")),
        release("E9", 释放日期=number("NaN", 1)),
    ),
    # the last minute of a day, and the minute before
    "corrections/releases_20250708.xlsx": odd_workbook(
        HEAD,
        *[
            release(f"D{n}", 释放日期=number(repr(EARLY - 1 + n + seconds / 86400), 1))
            for n, seconds in enumerate((0, -17, 42.4, -18))
        ],
        release("D9", 释放日期="2025-06-30 23:59:17"),
    ),
    # cells merged downwards: B4 over two rows, G2 over three, H over two, C and D together
    "corrections/releases_20250709.xlsx": odd_workbook(
        HEAD,
        release("M1", 关押单位="渝都监狱", 户籍地镇街="安居镇"),
        release("M2", 户籍地镇街=""),
        release("M3", 罪名="盗窃"),
        release("M4", 罪名=""),
        merged=["G2:G4", "H2:H3", "F4:F5"],
    ),
    "civil_affairs/relief_20250701.csv": csv_bytes(RELIEF, relief("5.00151E+17", "600"), relief("F1", "600")),
    "civil_affairs/relief_20250702.xlsx": odd_workbook(
        RELIEF,
        ["", *relief("", "600")[1:]],
        [number("500151202506000060"), *relief("", "600")[1:]],
        [number("1001512025060000"), *relief("", "600")[1:]],
        [number("100151202506000"), *relief("", "600")[1:]],
    ),
    "civil_affairs/relief_20250711.xlsx": odd_workbook(
        RELIEF,
        ["FB1", number("500151202506000060"), *relief("", "600")[2:]],
        ["FB2", "5.00151E+17", *relief("", "600")[2:]],
        ["FB3", "批字�1", *relief("", "600")[2:]],
        [number("500151202506000060"), number("500151202506000060"), *relief("", "600")[2:]],
    ),
    "justice/register_20250701.xlsx": odd_workbook(
        [*REGISTER, "释放证编号"],
        ["D1", "王五", "安居镇", "2025-06-01", number("500151202506000060")],
        ["D2", "王五", "安居镇", "2025-06-01", "2025E0001"],
    ),
    # what cannot be calculated, and a sum over it
    "civil_affairs/relief_20250703.xlsx": odd_workbook(
        RELIEF, relief("F31", "600"), relief("F32", formula("300*2")), subtotal("合计", number("9"))
    ),
    "civil_affairs/relief_20250704.xlsx": odd_workbook(
        RELIEF, relief("F41", "600"), relief("F42", "600"), subtotal("合计", formula("SUM(F2:F3)"))
    ),
    "civil_affairs/relief_20250705.csv": csv_bytes(RELIEF, relief("F51", "#REF!"), subtotal("合计", "1")),
    # subtotals, and a grand total
    "civil_affairs/relief_20250706.csv": csv_bytes(
        RELIEF,
        relief("F61", "600"),
        subtotal("安居镇小计", "600"),
        relief("F62", "700"),
        subtotal("巴川街道 小 计：", "700"),
        subtotal("小计", "5"),
        subtotal('="合计"', "1300"),
        subtotal("填报人：王五", ""),
    ),
    # 万 in the header, in a title, and in the number format
    "civil_affairs/relief_20250707.xlsx": odd_workbook(
        IN_WAN,
        relief("F71", number("12345", 1)),
        relief("F72", number("1.5")),
        subtotal("合计", number("27345", 1)),
        formats=["0!.0000"],
    ),
    "civil_affairs/relief_20250708.xlsx": odd_workbook(
        ["单位：万元"], RELIEF, relief("F81", number("20000", 1)), formats=['0!.0,"万"']
    ),
    "civil_affairs/relief_20250709.xlsx": odd_workbook(RELIEF, relief("F91", number("12345", 1)), formats=["0!.0000"]),
    "civil_affairs/relief_20250710.xlsx": odd_workbook(
        RELIEF, relief("FA1", number("NaN")), relief("FA2", number("1e999")), relief("FA3", "5", number("NaN"))
    ),
    "justice/sweeps_20250701.xlsx": odd_workbook(
        SWEEPS, ["安居镇", number(repr(EARLY), 1), number("3"), "0", "2025-06-30"]
    ),
    "police/residence_20250701.xlsx": odd_workbook(
        ["证件号码", "姓名", "核查日期", "状态"],
        [number(LUCKY[0]), "王五", "2025-06-01", "1"],
        ["5.00151E+17", "王五", "2025-06-01", "1"],
        [LUCKY[0], "王五", "2025-06-01", "1"],
    ),
    "justice/visits_20250701.csv": csv_bytes([*VISITS, "记录封存（备注）"], ["V1", "D1", "2025-03-01", "1", "是"]),
    "justice/visits_20250702.csv": csv_bytes([*VISITS, "封存"], ["V2", "D1", "2025-03-01", "1", "否"]),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """All files, landed and checked."""
    made = make_desk(tmp_path_factory.mktemp("odd"))
    for name, content in FILES.items():
        made.put(name, content)
    report = made.land(TODAY)
    assert [(refused.path, refused.rule) for refused in report.refused] == [("justice/visits_20250701.csv", "B7")]
    check(made.home, open_vault(made.home.path), Settings(), lambda _: None)
    return made


def found(desk: Desk, name: str) -> set[tuple[Any, ...]]:
    """Rule, key and column of the findings of a file, but of those that tests elsewhere are about."""
    agency, _, file = name.partition("/")
    return set(
        desk.ask(
            "select rule, key, column_name from warehouse.landing.findings"
            f" where agency = '{agency}' and file_name = '{file}' and rule not in ('W02', 'W11', 'W12', 'W13')"
        )
    )


def values(desk: Desk, name: str, *columns: str, accepted: bool = True) -> list[tuple[Any, ...]]:
    """Columns of the accepted, or the quarantined, rows of a file."""
    feed = name.partition("_2")[0].replace("/", "__")
    return desk.ask(
        f"select {', '.join(columns)} from warehouse.checked.{feed}"
        f" inner join warehouse.landing.batches using (batch_id)"
        f" where path = '{name}' and is_quarantined != {accepted} order by row_no"
    )


@pytest.mark.parametrize("name", ["corrections/releases_20250701.csv", "corrections/releases_20250702.xlsx"])
def test_what_cannot_be_seen_is_no_part_of_a_value(desk: Desk, name: str) -> None:
    keys = [key for key in TEXTS if name.endswith("csv") or key != "R02"]
    assert values(desk, name, "release_no", "name", "id_no") == [(key, "王五", ID) for key in keys]
    assert found(desk, name) == set()


@pytest.mark.parametrize("name", ["corrections/releases_20250703.csv", "corrections/releases_20250704.xlsx"])
def test_one_character_is_one_however_it_was_written(desk: Desk, name: str) -> None:
    assert values(desk, name, "release_no", "name") == [(key, wanted) for key, (_, wanted) in NAMES.items()]
    assert found(desk, name) == set()


def test_gb18030_is_that_of_2022(desk: Desk) -> None:
    name = "corrections/releases_20250705.csv"
    assert values(desk, name, "release_no", "name") == [(key, wanted) for key, (_, wanted) in NAMES_IN_GB18030.items()]
    # that of a letter is no pinyin for a character, but nobody can tell
    assert found(desk, name) == {("W16", "G06", "name")}


def test_no_id_that_was_a_number_of_sixteen_digits_is_trusted(desk: Desk) -> None:
    assert len(LUCKY) > 5  # ids whose remains have a right check character
    name = "corrections/releases_20250706.xlsx"
    lost = [*(f"I{n}" for n in range(len(LUCKY))), "J16", "J17"]
    ids = dict(values(desk, name, "release_no", "id_no"))
    assert [ids[key] for key in lost] == [None] * len(lost)
    assert ids["J15"] == with_check_character("50015119850102201")
    assert ids["K18"] == ID
    assert found(desk, name) == {("W04", key, "id_no") for key in lost} | {("W07", "J15", "id_no")}


def test_a_formula_without_a_value_and_an_error_are_found(desk: Desk) -> None:
    name = "corrections/releases_20250707.xlsx"
    assert found(desk, name) == {
        *(("W15", "E1", column) for column in ("offence", "household_township", "id_no")),
        *(("W15", "E2", column) for column in ("offence", "prior_convictions")),
        ("Q1", "E3", "released_on"),
        ("Q1", "E4", "released_on"),
        ("W15", "E5", "offence"),
        ("W01", "E7", "prior_convictions"),
        ("W01", "E8", "prior_convictions"),
        ("Q1", "E9", "released_on"),
    }
    nothing = values(desk, name, "offence", "household_township", "prior_convictions")
    assert nothing == [(None,) * 3] * 4 + [("NaN", None, None), (None, None, None)]
    messages = desk.ask("select distinct message from warehouse.landing.findings where key = 'E1' and rule = 'W15'")
    assert ("含公式错误或未计算的公式：罪名",) in messages


def test_the_last_minute_of_a_day_is_the_next_day(desk: Desk) -> None:
    name = "corrections/releases_20250708.xlsx"
    days = [day for (day,) in values(desk, name, "released_on")]
    assert days[:3] == [date(2025, 6, 30) + timedelta(days=n) for n in range(3)]
    assert days[3:] == [date(2025, 7, 2), date(2025, 6, 30)]  # 23:58:59, and a text
    assert found(desk, name) == {("W17", None, "released_on")}
    assert values(desk, "justice/sweeps_20250701.xlsx", "month") == [(date(2025, 7, 1),)]
    assert found(desk, "justice/sweeps_20250701.xlsx") == {("W17", None, "month")}


def test_a_unit_merged_downwards_holds_for_its_rows(desk: Desk) -> None:
    name = "corrections/releases_20250709.xlsx"
    assert values(desk, name, "facility", "household_township", "offence") == [
        ("渝都监狱", "500151105", None),
        ("渝都监狱", "500151105", None),
        ("渝都监狱", None, "盗窃"),
        (None, None, None),
    ]
    assert found(desk, name) == {("W18", "M4", "offence")}


def test_a_key_that_excel_damaged_is_set_aside(desk: Desk) -> None:
    assert found(desk, "civil_affairs/relief_20250701.csv") == {("Q7", "5.00151E+17", "payment_no")}
    name = "civil_affairs/relief_20250702.xlsx"
    assert [key for (key,) in values(desk, name, "payment_no")] == ["100151202506000"]
    assert {rule for rule, key, _ in found(desk, name) if key != "100151202506000"} == {"Q1", "Q7"}
    assert len(values(desk, name, "payment_no", accepted=False)) == 3


def test_a_damaged_number_of_something_else_is_no_number(desk: Desk) -> None:
    """Required: the row is set aside, for two grants would be one. Optional: null, the row stays. The key first."""
    name = "civil_affairs/relief_20250711.xlsx"
    assert found(desk, name) == {
        ("Q7", "FB1", "grant_no"),
        ("Q7", "FB2", "grant_no"),
        ("W16", "FB3", "grant_no"),
        ("Q7", "500151202506000060", "payment_no"),
    }
    assert values(desk, name, "payment_no") == [("FB3",)]
    name = "justice/register_20250701.xlsx"
    assert found(desk, name) == {("W01", "D1", "release_no")}
    assert values(desk, name, "register_no", "release_no") == [("D1", None), ("D2", "2025E0001")]


def test_of_a_damaged_key_that_is_an_id_q7_speaks_alone(desk: Desk) -> None:
    name = "police/residence_20250701.xlsx"
    assert desk.ask("select rule, row_no from warehouse.landing.findings where feed = 'residence' order by row_no") == [
        ("Q7", 2),
        ("Q7", 3),
    ]
    assert values(desk, name, "id_no") == [(LUCKY[0],)]


@pytest.mark.parametrize(("day", "keys"), [("03.xlsx", {"F32"}), ("04.xlsx", set()), ("05.csv", {"F51"})])
def test_a_sum_that_cannot_be_tested_is_said(desk: Desk, day: str, keys: set[str]) -> None:
    name = f"relief_202507{day}"
    rows = desk.ask(f"select key, message from warehouse.landing.findings where rule = 'W15' and file_name = '{name}'")
    errors = {(key, "含公式错误或未计算的公式：金额") for key in keys}
    assert set(rows) == errors | {(None, "合计未核对：金额")}
    assert len(values(desk, f"civil_affairs/{name}", "payment_no")) == 2 - (day == "05.csv")


def test_subtotals_are_no_data(desk: Desk) -> None:
    name = "civil_affairs/relief_20250706.csv"
    assert [key for (key,) in values(desk, name, "payment_no")] == ["F61", "F62"]
    assert desk.ask(f"select rows_read, rows_skipped from warehouse.landing.batches where path = '{name}'") == [(7, 5)]


def test_ten_thousand_is_said_once(desk: Desk) -> None:
    yuan = {
        name: [amount for (amount,) in values(desk, f"civil_affairs/relief_202507{name}.xlsx", "amount_yuan")]
        for name in ("07", "08", "09")
    }
    assert yuan == {"07": [Decimal("12345"), Decimal("15000")], "08": [Decimal("20000")], "09": [Decimal("12345")]}
    rows = desk.ask(
        "select file_name, column_name, message from warehouse.landing.findings where rule = 'W53' order by 1"
    )
    said = ("amount_yuan", "表头和单元格格式都写“万”，按元计：金额")
    assert rows == [("relief_20250707.xlsx", *said), ("relief_20250708.xlsx", *said)]


def test_what_is_no_finite_number_is_not_parsed(desk: Desk) -> None:
    name = "civil_affairs/relief_20250710.xlsx"
    assert found(desk, name) == {
        ("W01", "FA1", "amount_yuan"),
        ("W01", "FA2", "amount_yuan"),
        ("Q1", "FA3", "granted_on"),
    }


def test_any_header_with_the_word_is_that_of_sealed_records(desk: Desk) -> None:
    assert values(desk, "justice/visits_20250702.csv", "visit_no") == [("V2",)]


def test_block_rules_are_tried_in_their_order(tmp_path: Path) -> None:
    """Each file mends what the one before was refused for, and breaks the rules behind it."""
    made = make_desk(tmp_path)
    head, row = ["年度", "项目", "预算金额", "封存"], ["2025", "走访", "100", "否"]
    total = ["合计", "", "1", ""]
    made.put("finance/budget_20250401.csv", csv_bytes(head, *[[*row[:1], f"项目{n}", *row[2:]] for n in range(9)]))
    assert made.rules(TODAY) == []
    sealed = [*row[:3], "是"]
    for n, (rule, content) in enumerate(
        [
            ("B2", csv_bytes(["年度", "名称", *head[2:]], sealed, total)),
            ("B3", csv_bytes(head, total)),
            ("B7", csv_bytes(head, sealed, total)),
            ("B4", csv_bytes(head, row, total)),
            ("B6", csv_bytes(head, row, [*total[:2], "100", ""])),
        ],
        1,
    ):
        made.put(f"finance/budget_2025050{n}.csv", content)
        assert made.rules(TODAY)[-1] == rule
    repeated = (made.inbox / "finance/budget_20250401.csv").read_bytes()
    made.put("finance/budget_20260101.csv", repeated)
    made.put("finance/budgets_20260101.csv", repeated)
    by_name = {refused.path: refused.rule for refused in made.land(TODAY).refused}
    assert by_name["finance/budget_20260101.csv"] == "B5"
    assert by_name["finance/budgets_20260101.csv"] == "B9"
