"""The quarantined rows of a feed as a workbook, masked as on the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reentry.check.quarantined import QuarantinedRow
from reentry.contract import Feed
from reentry.land.places import shown_row
from reentry.workbook import Cell, Column, Sheet, workbook_bytes

MOST_ROWS = 100_000


def quarantine_workbook(feed: Feed, rows: Sequence[QuarantinedRow]) -> bytes:
    """One sheet: file, place, reasons, and a column for every header that any row has, in the order of the contract."""
    newest = sorted(rows, key=lambda row: row.delivered_on, reverse=True)[:MOST_ROWS]
    known = [column.headers[0] for column in feed.columns]
    others = list(dict.fromkeys(header for row in newest for header in row.cells if header not in known))
    headers = [header for header in known if any(header in row.cells for row in newest)] + others
    columns = [
        Column("文件", 26),
        Column("报送日期", 12, "center"),
        Column("行号", 14, "center"),
        Column("规则", 8, "center"),
        Column("隔离原因", 36),
        *[Column(header, 18) for header in headers],
    ]
    title = f"{feed.agency_zh}　{feed.name_zh}　隔离的行"
    notes = [f"历次报送隔离 {len(rows)} 行（含后来已改正重报的）；姓名、证件号已遮盖。"]
    day = max((row.delivered_on for row in rows), default=date(2000, 1, 1))  # no clock is asked
    return workbook_bytes([Sheet("隔离行", title, columns, [_line(r, headers) for r in newest], notes)], day=day)


def _line(row: QuarantinedRow, headers: Sequence[str]) -> list[Cell]:
    rules, messages = zip(*row.reasons, strict=True) if row.reasons else ((), ())
    head: list[Cell] = [row.file_name, row.delivered_on, shown_row(row.sheet, row.row_no)]
    return [*head, "、".join(dict.fromkeys(rules)), "；".join(messages), *(row.cells.get(h) for h in headers)]
