"""Files as the oracle reads them: FEEDS.md §1 and the rules of files."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.handmade import (
    ID_1,
    RELIEF,
    TODAY,
    TRAINING,
    VISITS,
    Files,
    facts,
    outcomes,
    read,
    workbook,
)
from oracle.ingest import LinkError, accepted, data_rows


def test_titles_footers_and_blank_rows(tmp_path: Path) -> None:
    """Row numbers count titles and header; blanks between and footers are skipped; trailing blanks are not read."""
    content = f"走访记录,,\n\n{VISITS}V1,D1,2025-01-02\n,,\n小 计：,,\nV2,D1,2025-01-03\n填报人：王,,\n , ,\n"
    delivered = read(tmp_path, {"司法局/走访记录_20250401.csv": content})
    assert outcomes(delivered) == [*((4, "accepted"), (5, "skipped"), (6, "skipped"), (7, "accepted"), (8, "skipped"))]
    counts = data_rows(delivered, TODAY)
    assert counts == {
        ("justice.visits", "read"): 5,
        ("justice.visits", "accepted"): 2,
        ("justice.visits", "quarantined"): 0,
        ("justice.visits", "skipped"): 3,
    }
    assert facts(delivered) == []


def test_at_most_ten_titles(tmp_path: Path) -> None:
    """The header may be the eleventh record, not the twelfth."""
    row = "V1,D1,2025-01-02\n"
    files: Files = {"justice/visits_20250401.csv": "\n" * 10 + VISITS + row}
    files["justice/visits_20250402.csv"] = "\n" * 11 + VISITS + row
    delivered = read(tmp_path, files)
    assert facts(delivered) == [("B2", None, None)]
    assert outcomes(delivered) == [(12, "accepted")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    """Each encoding with each separator gives the same row."""
    content = f"{VISITS}V1,D1,2025年1月2日\r\n".replace(",", separator)
    delivered = read(tmp_path, {"justice/visits_20250401.CSV": content.encode(encoding)})
    assert [row.values["visited_on"] for row in accepted(delivered, "justice.visits", TODAY)] == [date(2025, 1, 2)]


def test_block_rules_and_their_order(tmp_path: Path) -> None:
    """Each refused file gives one finding, the first rule that fits."""
    sealed = "释放证明书编号,姓名,释放日期,释放类型,封存情况\n"
    files: Files = {
        "notes.txt": "x",
        "justice/sub/visits_20250401.csv": VISITS,
        "justice/visits_2025-04-01.csv": VISITS,
        "justice/relief_20250401.csv": RELIEF,
        "justice/visits_20250230.csv": VISITS,
        "justice/visits_20250620.csv": VISITS,
        "justice/visits_20250401.csv": b"\xff\xff\x00",
        "justice/visits_20250401.xlsx": VISITS,
        "justice/visits_20250402.csv": "走访编号,档案编号\nV1,D1\n",
        "justice/visits_20250403.csv": VISITS + "合计,,\n\n",
        "corrections/releases_20250401.csv": sealed + "R1,张三,2025-01-01,1,待定\n",
        "corrections/releases_20250402.csv": sealed + "R1,张三,2025-01-01,1,否\nR2,李四,2025-01-01,1,无\n",
        "justice/.hidden.csv": "x",
        "justice/~$visits_20250401.xlsx": "x",
        "townships.csv": "x",
    }
    delivered = read(tmp_path, files)
    assert sorted((finding.rule, finding.file) for finding in delivered.findings) == [
        ("B1", "justice/visits_20250401.csv"),
        ("B1", "justice/visits_20250401.xlsx"),
        ("B2", "justice/visits_20250402.csv"),
        ("B3", "justice/visits_20250403.csv"),
        ("B5", "justice/visits_20250230.csv"),
        ("B5", "justice/visits_20250620.csv"),
        ("B7", "corrections/releases_20250401.csv"),
        ("B9", "justice/relief_20250401.csv"),
        ("B9", "justice/sub/visits_20250401.csv"),
        ("B9", "justice/visits_2025-04-01.csv"),
        ("B9", "notes.txt"),
        *[("W02", "corrections/releases_20250402.csv")] * 2,
    ]
    assert {finding.severity for finding in delivered.findings if finding.rule < "C"} == {"block"}


def test_sealed_in_any_feed(tmp_path: Path) -> None:
    """B7 holds for every feed; a column of false and null words is only unknown outside releases."""
    header = VISITS.replace("\n", ",备注（封存）\n")
    delivered = read(
        tmp_path,
        {
            "justice/visits_20250401.csv": header + "V1,D1,2025-01-02,是\n",
            "justice/visits_20250402.csv": header + "V1,D1,2025-01-02,×\n",
        },
    )
    assert facts(delivered) == [("B7", None, None), ("W14", None, "备注(封存)")]


@pytest.mark.parametrize(
    ("total", "lands"),
    [("300.00", True), ("300.01", False), ("299.5", False), ("300", True), ("0.03万元", True), ("见附表", True)],
)
def test_totals(tmp_path: Path, total: str, lands: bool) -> None:
    """合计 against every cell that parses, quarantined rows too; half of the last printed digit is allowed."""
    rows = f"T1,张三,{ID_1},电工,2025-01-01,100\nT2,,,焊工,2025-01-01,200.00\nT3,李四,,焊工,2025-01-01,约\n"
    delivered = read(tmp_path, {"hr/training_20250401.csv": TRAINING + rows + f"小计,,,,,1\n合 计：,,,,,{total}\n"})
    assert [batch.feed for batch in delivered.batches] == (["hr.training"] if lands else [])
    assert (("B4", None, None) in facts(delivered)) is not lands


def test_total_allows_half_a_digit_and_no_more(tmp_path: Path) -> None:
    """A total of 0.03万元 stands for 250 to 350 yuan, both included."""
    for day, amount in ((1, "250"), (2, "350"), (3, "350.01"), (4, "249.99")):
        row = f"T{day},张三,{ID_1},电工,2025-01-01,{amount}\n"
        delivered = read(tmp_path, {f"hr/training_2025040{day}.csv": TRAINING + row + "总计,,,,,0.03万元\n"})
    assert [finding.delivered_on for finding in delivered.findings] == [date(2025, 4, 3), date(2025, 4, 4)]


def test_units_of_money(tmp_path: Path) -> None:
    """A unit in the cell beats the header's, a header's beats the title's."""
    body = f"T1,张三,{ID_1},电工,2025-01-01,0.12\nT2,张三,{ID_1},电工,2025-01-01,1200元\n"
    in_header = TRAINING.replace("补贴金额", "补贴金额（万元）")
    in_yuan = TRAINING.replace("补贴金额", "补贴金额（元）")
    delivered = read(
        tmp_path,
        {
            "hr/training_20250401.csv": in_header + body,
            "hr/training_20250402.csv": "单位：万元,,,,,\n" + TRAINING + body,
            "hr/training_20250403.csv": "单位：万元,,,,,\n" + in_yuan + body,
        },
    )
    amounts = [[row.values["subsidy_yuan"] for row in batch.rows] for batch in delivered.batches]
    assert amounts == [[Decimal(1200), Decimal(1200)]] * 2 + [[Decimal("0.12"), Decimal(1200)]]


def test_broken_quotes_and_cells_beyond_the_header(tmp_path: Path) -> None:
    """A spoiled line is one quarantined row with Q6 alone; an extra cell quarantines too."""
    rows = 'V1,D1,2025-01-02\n"V2"x,D1,2025-01-02\nV3,"D\n1",2025-01-02\nV4,,2025-01-02, ,x\nV5,D1,2025-01-02,\n'
    delivered = read(tmp_path, {"justice/visits_20250401.csv": VISITS + rows})
    assert outcomes(delivered) == [
        *((2, "accepted"), (3, "quarantined"), (4, "accepted"), (5, "quarantined"), (6, "accepted"))
    ]
    assert facts(delivered) == [("Q1", 5, "register_no"), ("Q6", 3, None), ("Q6", 5, None)]


def test_workbooks(tmp_path: Path) -> None:
    """First visible sheet with text, hidden ones reported; numbers, dates and month cells; 1904 refused."""
    header = ["镇街", "月份", "排查人数", "备注", "发现风险"]
    rows: list[list[object]] = [
        [*header],
        ["安居", 202503, 12.0, "x", "#DIV/0!"],
        ["巴川", datetime(2025, 3, 31), 7, None, True],
        ["安居镇", 2025.3, 3, None, None],
        ["别处", "2025.3", 3, None, None],
        [None] * 5,
        ["合计", None, 25, None, None],
    ]
    sheets: list[tuple[str, str, list[list[object]]]] = [
        ("空", "visible", [[" "]]),
        ("旧", "hidden", rows),
        ("甲", "veryHidden", []),
        ("三月", "visible", rows),
    ]
    delivered = read(
        tmp_path,
        {
            "justice/sweeps_20250401.xlsx": workbook(*sheets),
            "justice/sweeps_20250402.XLSX": workbook(("三月", "visible", rows), mac=True),
        },
    )
    assert [row.key for row in accepted(delivered, "justice.sweeps", TODAY)] == [
        *(("500151105", date(2025, 3, 1)), ("500151001", date(2025, 3, 1)))
    ]
    assert outcomes(delivered)[-2:] == [(6, "skipped"), (7, "skipped")]
    assert facts(delivered) == [
        *(("B1", None, None), ("Q1", 4, "month"), ("Q1", 5, "township"), ("W01", 3, "risks_found")),
        *(("W14", None, "备注"), ("W14", None, "旧"), ("W14", None, "甲"), ("W15", 2, "risks_found")),
    ]


def test_headers(tmp_path: Path) -> None:
    """White space, width and remarks do not matter; the leftmost of a header twice counts."""
    header = "走访编号（必填）, 走 访 日 期 ,档案编号,档案编号,来源,来源,\n"
    delivered = read(tmp_path, {"justice/visits_20250401.csv": header + "V1,2025-01-02,D1,D2,a,b,\n"})
    assert accepted(delivered, "justice.visits", TODAY)[0].values["register_no"] == "D1"
    assert facts(delivered) == [("W14", None, "来源")]


def test_links(tmp_path: Path) -> None:
    """Lines as text in order, dates as ISO; a line without a readable date stops."""
    head = "agency,feed,key,id_no,decided_on,decided_by\n"
    delivered = read(
        tmp_path, {"links.csv": head + f"hr,training,T1, {ID_1},2025年4月1日,王\n\nhr,training,T2,,2025-04-02,王\n"}
    )
    assert [(line["key"], line["id_no"], line["decided_on"]) for line in delivered.links] == [
        *(("T1", ID_1, "2025-04-01"), ("T2", "", "2025-04-02"))
    ]
    with pytest.raises(LinkError, match="line 2"):
        read(tmp_path, {"links.csv": head + "hr,training,T1,,上周,王\n"})
