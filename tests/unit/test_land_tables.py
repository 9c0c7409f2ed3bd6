"""Tables: headers, footers, short and long rows, totals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desk import REGISTER, RELIEF, SWEEPS, VISIT, VISITS, Desk, csv_bytes, make_desk, xlsx_bytes


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_every_encoding_with_every_separator(desk: Desk, encoding: str, separator: str) -> None:
    lines = [["走访记录表"], [], VISITS, VISIT, ["V2", "D𠀀", "2025-03-02", "—"]]
    text = "\r\n".join(separator.join(line) for line in lines)
    desk.put("justice/visits_20250401.csv", text.encode(encoding))
    assert desk.rules() == []
    assert desk.cells("justice__visits", "visit_no", "register_no", "mode") == [
        (4, "data", "V1", "D1", "1"),
        (5, "data", "V2", "D𠀀", "—"),
    ]
    assert desk.ask("select separator, header_row, title_rows from warehouse.landing.batches") == [
        (separator, 3, ["走访记录表", ""])
    ]


@pytest.mark.parametrize(("titles", "rules"), [(10, []), (11, ["B2"])])
def test_at_most_ten_title_rows(desk: Desk, titles: int, rules: list[str]) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(*[["表"]] * titles, VISITS, VISIT))
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(*[["表"]] * titles, VISITS, ["V2", *VISIT[1:]]))
    assert desk.rules() == rules * 2


def test_b2_names_the_missing_columns(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(["走访编号", "走访方式"], ["V1", "1"]))
    desk.put("justice/visits_20250402.csv", b"\n")
    messages = [refused.message for refused in desk.land().refused]
    assert messages == ["缺少列：档案编号、走访日期", "缺少列：走访编号、档案编号、走访日期"]


def test_headers_match_after_normal_form(desk: Desk) -> None:
    header = [" 走访 编号", "档案编号（必填）", "走访日期[yyyy]", "走访\n方式", "备考", "走访日期", "", "心理疏导", ""]
    row = ["V1", "D1", "2025-03-01", "1", "甲", "2020-01-01", "乙", "是", ""]
    desk.put("justice/visits_20250401.csv", csv_bytes(header, row))
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(header, ["V2", *row[1:]]))
    assert desk.rules() == []
    cells = ("D1", "2025-03-01", "1", "是", ["甲", "2020-01-01", "乙"], None)
    names = ("visit_no", "register_no", "visited_on", "mode", "counselled", "other", "spoiled")
    assert desk.cells("justice__visits", *names) == [(2, "data", "V1", *cells), (2, "data", "V2", *cells)]
    [(columns,), _] = desk.ask("select columns from warehouse.landing.batches")
    assert [c["header"] for c in json.loads(str(columns)) if c["is_unknown"]] == ["备考"]


def test_withdrawn_is_a_column_of_incremental_feeds_alone(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes([*VISITS, "作废"], [*VISIT, "是"]))
    desk.put(
        "justice/register_20250401.csv", csv_bytes([*REGISTER, "作废"], ["D1", "张三", "安居", "2025-01-01", "是"])
    )
    desk.land()
    assert desk.cells("justice__visits", "withdrawn", "other") == [(2, "data", "是", None)]
    assert desk.cells("justice__register", "withdrawn", "other") == [(2, "data", None, ["是"])]


def test_footers_and_blank_rows(desk: Desk) -> None:
    footers = [
        "合计",
        " 合 计 ：",
        "小计",
        "总　计:",
        "填报人：张三",
        "制表 2025",
        "备注：无",
        "注：无",
        "联系电话123",
        "审核人",
        "填表人",
    ]
    data = ["合计数", "备注", "注", "电话", "计"]
    rows = [[word, "", "", ""] for word in footers + data]
    rows += [["", "合计", "", ""], ["", "", "", ""], ["", "　", "\u200b", ""], ["V9", "", "", ""], ["", "", "", ""]]
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, VISIT, *rows))
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(VISITS, ["V2", *VISIT[1:]], *rows))
    assert desk.rules() == []
    kinds = ["data", *["footer"] * 11, *["data"] * 5, "footer", "blank", "blank", "data"]
    found = desk.ask(
        "select batch_id, list(row_kind order by row_no) from warehouse.raw.justice__visits group by 1 order by 1"
    )
    assert found == [(1, kinds), (2, kinds)]
    assert desk.ask("select rows_read, rows_skipped from warehouse.landing.batches") == [(21, 14)] * 2


def test_b3_is_a_file_without_data(desk: Desk) -> None:
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS))
    desk.put("justice/visits_20250402.csv", csv_bytes(VISITS, ["合计", "", "", ""], ["", "", "", ""]))
    desk.put("justice/visits_20250403.xlsx", xlsx_bytes(VISITS))
    desk.put("justice/visits_20250404.csv", csv_bytes(VISITS, ["x", "", "", ""]))
    assert desk.rules() == ["B3"] * 3
    assert desk.ask("select count(*) from warehouse.raw.justice__visits") == [(1,)]


def test_short_and_surplus_rows(desk: Desk) -> None:
    rows = [["V1"], [*VISIT, ""], [*VISIT, "", "x"], ["", "", "", "", "y"]]
    desk.put("justice/visits_20250401.csv", csv_bytes(VISITS, *rows))
    desk.put("justice/visits_20250402.xlsx", xlsx_bytes(VISITS, *rows))
    desk.land()
    expected = [
        (2, "data", "V1", None, None),
        (3, "data", "V1", "D1", None),
        (4, "data", "V1", "D1", "x"),
        (5, "data", None, None, "y"),
    ]
    assert desk.cells("justice__visits", "visit_no", "register_no", "spoiled") == expected * 2


def relief(unit: str, amounts: list[str], total: str) -> bytes:
    rows = [[f"P{n}", "G", "张三", "低保", "2025-01-01", amount, "1"] for n, amount in enumerate(amounts)]
    header = [name.replace("金额", f"金额{unit}") for name in RELIEF]
    return csv_bytes(header, *rows, ["合计", "", "", "", "", total, ""])


@pytest.mark.parametrize(
    ("unit", "amounts", "total", "rules"),
    [
        ("", ["100", "200.50"], "300.50", []),
        ("", ["100", "200.50"], "300.5", []),
        ("", ["100", "200.50"], "301", []),  # half of the last printed digit is allowed
        ("", ["100", "200.51"], "300", ["B4"]),
        ("", ["100", "200.50"], "300.56", ["B4"]),
        ("", ["100", "bad", ""], "100.00", []),
        ("（万元）", ["0.01", "0.02"], "0.03", []),
        ("（万元）", ["0.01", "0.02"], "0.034", ["B4"]),
        ("（万元）", ["0.01", "200元"], "300元", []),
        ("", ["100", "200"], "0.03万元", []),
        ("", ["100", "200"], "见附表", []),
        ("", ["100", "200"], "", []),
    ],
)
def test_b4_is_a_total_that_is_not_the_sum(
    desk: Desk, unit: str, amounts: list[str], total: str, rules: list[str]
) -> None:
    desk.put("民政/社会救助发放_20250401.csv", relief(unit, amounts, total))
    report = desk.land()
    assert [refused.rule for refused in report.refused] == rules
    assert [refused.message for refused in report.refused] == ["合计与明细不符：金额"] * len(rules)
    assert desk.ask("select count(*) from warehouse.raw.civil_affairs__relief where row_kind = 'data'") == [
        (0 if rules else len(amounts),)
    ]


def test_b4_counts_too_and_a_title_may_name_the_unit(desk: Desk) -> None:
    sweep = ["安居镇", "2025-01", "10", "1", ""]
    desk.put("justice/sweeps_20250401.csv", csv_bytes(SWEEPS, sweep, ["总计", "", "11", "1", ""]))
    desk.put(
        "justice/sweeps_20250402.csv",
        csv_bytes(SWEEPS, sweep, ["小计", "", "11", "", ""], ["总 计", "", "10.0", "", ""]),
    )
    desk.put(
        "justice/sweeps_20250403.csv", csv_bytes(["序号", *SWEEPS], ["1", *sweep], ["合计：", "", "", "10", "2", ""])
    )
    budget = [
        ["专项经费（单位：万元）"],
        ["年度", "项目", "预算金额", "支出金额（元）"],
        ["2025", "帮教", "1.5", "100"],
    ]
    desk.put("finance/budget_20250401.csv", csv_bytes(*budget, ["合计", "", "1.5万元", "100"]))
    desk.put("finance/budget_20250402.csv", csv_bytes(*budget, ["合计", "", "15000元", "0.01"]))
    report = desk.land()
    assert [(r.path, r.message) for r in report.refused] == [
        ("justice/sweeps_20250401.csv", "合计与明细不符：排查人数"),
        ("finance/budget_20250402.csv", "合计与明细不符：支出金额"),
        ("justice/sweeps_20250403.csv", "合计与明细不符：发现风险"),
    ]
