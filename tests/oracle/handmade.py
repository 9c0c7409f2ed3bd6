"""Tiny inboxes made by hand, for the tests of the oracle itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from .ingest import ingest
from .shapes import Delivered, District

DISTRICT = District(
    "500151", {"500151105": "安居镇", "500151001": "巴川街道"}, {"500151": "铜梁区", "500152": "潼南区"}
)
TODAY = date(2025, 6, 19)
ID_1, ID_2 = "11010519491231002X", "440524188001010014"  # a woman; the second is born in 1880, too early
ID_3 = "110105195001010012"

VISITS = "走访编号,档案编号,走访日期\n"
TRAINING = "培训编号,姓名,证件号码,课程,开班日期,补贴金额\n"
RELIEF = "发放编号,审批编号,姓名,证件号码,救助类别,批准日期,金额,发放状态\n"
POSTS = "岗位编号,岗位类别,开发日期,镇街,安置人员,证件号码\n"
RESIDENCE = "证件号码,姓名,核查日期,状态\n"
RELEASES = "释放证明书编号,姓名,证件号码,出生日期,性别,释放日期,释放类型\n"
REOFFENCES = "记录编号,案件编号,姓名,证件号码,发案日期,案件性质,案件阶段\n"

Files = dict[str, str | bytes]
Fact = tuple[str, int | None, str | None]


def read(inbox: Path, files: Files) -> Delivered:
    """Writes files below an inbox and reads it."""
    for name, content in files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ingest(inbox, DISTRICT, TODAY)


def facts(delivered: Delivered) -> list[Fact]:
    """Rule, row and column of every finding, sorted."""
    found = [(f.rule, f.row_no, f.column) for f in delivered.findings]
    return sorted(found, key=lambda fact: (fact[0], fact[1] or 0, fact[2] or ""))


def outcomes(delivered: Delivered) -> list[tuple[int, str]]:
    """Row number and outcome of every row of the last batch."""
    return [(row.row_no, row.outcome) for row in delivered.batches[-1].rows]


def workbook(*sheets: tuple[str, str, Sequence[Sequence[object]]], mac: bool = False) -> bytes:
    """An XLSX of (title, state, rows)."""
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    for title, state, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(list(row))
    del book[book.sheetnames[0]]
    out = BytesIO()
    book.save(out)
    return out.getvalue()
