"""Landing and checks against the oracle, on files full of odd cells: same findings, same rows, same values."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landed import GOOD, feed_of
from oracle.ingest import ingest
from oracle.shapes import Delivered, District
from reentry.check import check
from reentry.contract import Column, Feed, feeds
from reentry.land import land
from reentry.reference import load_reference
from reentry.settings import Settings
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

TODAY = date(2025, 12, 31)
DATES = [date(2025, 6, 30), date(2025, 7, 31), date(2025, 7, 31), date(2025, 8, 31)]
VALID_IDS = ["11010519491231002X", "500151199001011234", "110105491231002", "500151900101123"]
NULLS = ["", "-", "无", "暂无", "N/A", "#N/A", "\u3000", "——"]
ODD: dict[str, list[str]] = {
    "any": [*NULLS, "#REF!", "#VALUE!", "怪", "Ａ１", "\u200b1\u00a0", "x y", "1", "0", "-1", "2025-06-01", "TRUE",
            '="1"', "'2", "\t3", "\u202a1\u202c", "\u200e2\ufe0f", "a\u00adb", "\x0b1\x07", "1\r", "?", "'甲",
            '=" 安居镇 "', "#SPILL!"],
    "date": [
        "2025-06-30", "2025/7/1", "2025.8.1", "2025年6月1日", "20250605", "45808", "45808.25", "2025-06-01 08:00",
        "2025年7月2日9:30", "2025-02-30", "25-6-1", "2025-06", "19999", "60001", "1899-12-31", "2025-09-01", "2024-5-5",
    ],
    "month": ["2025-06", "202506", "2025年6月", "2025/6", "2025.6", "45808", "2025-13", "6月", "2025-06-15"],
    "quarter": ["2025Q1", "2025-Q2", "2025年三季度", "2025年第四季度", "2025年1季度", "2025Q5", "2025一季度"],
    "duration": ["6", "3年6个月", "三年六个月", "两年", "十年", "无期", "无期徒刑", "半年", "-3", "一年零三个月"],
    "money": ["1200", "1,200.00", "￥1200", "1200元", "0.12万元", "-0.01", "0.005", "-0.004", "1,2", "1e3"],
    "integer": ["3", "3.0", "３", "-3", "3.5", "1,000", "101", "1000000"],
    "flag": ["是", "否", "有", "无", "Y", "n", "√", "×", "true", "FALSE", "可能", "2"],
    "township": ["安居镇", "安居", "500151105", "土桥", "安居司法所", "安居镇司法所", "万州", "司法所"],
    "district": ["铜梁区", "铜梁", "500151", "万州", "成都市", "忠县", "忠"],
    "person_name": ["张 三", "阿.买.提", "阿・里", "J. Smith", "李\u3000四", "未知", "A.李", "阿⋅买⸱提",
                    "马\ue81e", "马\u9fb4", "\u2ee2四", "王?", "？？", "王\ufffd", "王\ue001", "□四", "马zhan"],
    "resident_id": [
        *VALID_IDS, "11010519491231002x", "110105 1949 1231 002X", "110105194912310021", "110105194913310021",
        "110105202512310021", "1.10105E+17", "500151199001011000", "50015119900101123", "5001511990010112345", "张三",
        "110105491331002", '="11010519491231002X"', "'11010519491231002x", "\u202d11010519491231002X", "5E+17",
    ],
    "code": ["1", "01", "2", "02", "9", "99", "00", "男", "女", "重点", "低保", "行政", "刑事", "期满", "红", "在控"],
    "text": ["A", "B", "C", "D1", "#NULL!", " A\u3000", "Ａ", "5.00151E+17", "5e17", "2025E0001", "12E3",
             "渝?1", "A?1"],
}  # fmt: skip


def write_inbox(inbox: Path, seed: int) -> None:
    """Four deliveries of each feed; a third of the rows have one to three odd cells."""
    dice = random.Random(seed)
    for feed in feeds():
        for n, day in enumerate(DATES):
            suffix = "_2" if n == 2 else ""
            path = inbox / feed.agency / f"{feed.name}_{day:%Y%m%d}{suffix}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_file(path, feed, dice)


def _write_file(path: Path, feed: Feed, dice: random.Random) -> None:
    columns = [c for c in feed.columns if c.required or c.name in ("id_no", "name") or dice.random() < 0.9]
    columns = [c for c in columns if c.name != "sealed"]
    dice.shuffle(columns)
    units = ["", "（元）", "（万元）"]
    headers = [dice.choice(c.headers) + (dice.choice(units) if c.type == "money" else "") for c in columns]
    extra = [h for h in ("作废", "备注") if dice.random() < 0.5]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*headers, *extra])
        for n in range(dice.randint(30, 40)):
            row = [_cell(feed, column, n, dice) for column in columns]
            row += [dice.choice(["", "", "", "是", "否", "x"]) if h == "作废" else "y" for h in extra]
            writer.writerow([*row, *(["", "z"] if dice.random() < 0.02 else [])])


def _cell(feed: Feed, column: Column, n: int, dice: random.Random) -> str:
    if dice.random() < 0.1:
        return dice.choice([*ODD["any"], *ODD[column.type] * 2])
    if column.type == "resident_id":
        return dice.choice(VALID_IDS[:2])
    if column.name in feed.key and column.type == "text":
        return f"K{n if dice.random() < 0.95 else n // 2}"
    return GOOD[feed.id].get(column.name, "")


def found_by_us(home: Home, vault: Vault) -> tuple[Counter[Any], dict[Any, Any]]:
    """Findings as counted tuples, and checked rows by feed, file and row number."""
    rows: dict[Any, Any] = {}
    with open_warehouse(home, vault, write=False) as con:
        findings = con.execute("""
            select rule, severity, agency || '.' || feed, agency || '/' || file_name, row_no, column_name
            from warehouse.landing.findings
        """).fetchall()
        for feed in feeds():
            checked = con.execute(f"""
                select agency || '/' || file_name, row_no, is_quarantined, coalesce(withdrawn, false),
                    {", ".join(f"c.{name}" for name in feed.column_names)}
                from warehouse.checked.{feed.table} as c inner join warehouse.landing.batches using (batch_id)
            """).fetchall()
            rows |= {(feed.id, *row[:2]): row[2:] for row in checked}
    return Counter(findings), rows


def found_by_oracle(inbox: Path) -> tuple[Counter[Any], dict[Any, Any]]:
    """The same from the oracle."""
    townships, districts = (
        {row[0]: row[1] for row in csv.reader((path).read_text(encoding="utf-8").splitlines()[1:])}
        for path in (Path("seeds/townships.csv"), Path("seeds/districts.csv"))
    )
    delivered: Delivered = ingest(inbox, District("500151", townships, districts), TODAY)
    findings = Counter((f.rule, f.severity, f.feed, f.file, f.row_no, f.column) for f in delivered.findings)
    rows = {}
    for batch in delivered.batches:
        feed = feed_of(batch.feed)
        name = batch.path.relative_to(inbox).as_posix()
        for row in batch.rows:
            if row.outcome != "skipped":
                values = [row.values.get(column) for column in feed.column_names]
                rows[(batch.feed, name, row.row_no)] = (row.outcome == "quarantined", row.withdrawn, *values)
    return findings, rows


def comparable(findings: Counter[Any]) -> Counter[Any]:
    """W11 may name either row of a pair: it is compared by file."""
    counted: Counter[Any] = Counter()
    for (rule, severity, feed, file, row_no, column), count in findings.items():
        counted[(rule, severity, feed, file, None if rule == "W11" else row_no, column)] += count
    return counted


def plain(value: Any) -> Any:
    """Quarters are written in two ways."""
    if isinstance(value, str) and len(value) == 6 and value[4] == "Q" and value[:4].isdigit():
        return date(int(value[:4]), 3 * int(value[5]) - 2, 1)
    return value


@pytest.mark.parametrize("seed", range(2))
def test_same_findings_and_values(tmp_path: Path, seed: int) -> None:
    inbox = tmp_path / "inbox"
    write_inbox(inbox, seed)
    home, vault = Home(tmp_path / "home"), Vault(b"secret")
    home.building.mkdir(parents=True)
    with open_warehouse(home, vault, write=True) as con:
        load_reference(con, Settings())
    land(home, vault, inbox, TODAY, lambda _: None)
    check(home, vault, Settings(), lambda _: None)

    ours, our_rows = found_by_us(home, vault)
    theirs, their_rows = found_by_oracle(inbox)
    assert comparable(ours) - comparable(theirs) == Counter()
    assert comparable(theirs) - comparable(ours) == Counter()
    assert our_rows.keys() == their_rows.keys()
    for place, (is_quarantined, withdrawn, *values) in our_rows.items():
        expected = their_rows[place]
        assert (is_quarantined, withdrawn) == expected[:2], place
        if not withdrawn:
            assert values == [plain(value) for value in expected[2:]], place
