"""A trace as a workbook: what was traced on the first sheet, a sheet of rows for each feed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reentry.trace.trace import Trace

HEAD = ("序号", "计入", "来源单位", "文件", "报送日期", "工作表", "行号")
KEYS = ("unit", "counts", "agency", "file", "delivered_on", "sheet", "row_no")
PART_ZH = {"numerator": "数值（分子）", "denominator": "分母"}
TITLE = {"counts": "计入", "file": "文件"}
WIDEST = 28


def write_trace(path: Path, traced: Trace) -> None:
    """Writes the workbook; names and id numbers are masked as in the trace."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "追溯说明"
    for name, said in _said(traced):
        sheet.append([name, said])
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 90
    for feed, rows in _by_feed(traced.rows).items():
        _sheet(book.create_sheet(feed[:31]), rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _said(traced: Trace) -> list[tuple[str, Any]]:
    d = traced.document
    return [
        ("指标", f"{d['name_zh']}（{d['id']}）"),
        ("口径", d["definition_zh"]),
        ("范围", "、".join(d["by"].values()) or "全区"),
        ("时间段", f"{d['from']} 至 {d['to']}，时点 {d['as_of']}，知悉日 {d['known_at']}"),
        ("发布版本", d["build"]["id"]),
        ("追溯部分", PART_ZH[d["part"]]),
        ("该部分合计", d["total"]),
        ("计入的单位数", d["units"]),
        ("说明", "同一序号是同一个计数单位；“计入”列之和等于合计，计入为 0 的行是佐证。姓名和证件号码已遮盖。"),
    ]


def _shown(value: Any) -> Any:
    """A value as a workbook can hold it: no control characters."""
    return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value


def _by_feed(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        out.setdefault(f"{row['agency']} {row['feed_zh']}" if row["feed_zh"] else "其他", []).append(row)
    return out


def _sheet(sheet: Worksheet, rows: list[dict[str, Any]]) -> None:
    headers = list(dict.fromkeys(header for row in rows for header in row.get("cells", {})))
    sheet.append([_shown(header) for header in (*HEAD, *headers)])
    for row in rows:
        cells = row.get("cells", {})
        sheet.append([_shown(value) for value in (*(row[key] for key in KEYS), *(cells.get(h) for h in headers))])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EDF3")
        cell.alignment = Alignment(horizontal="center")
    for number, column in enumerate(sheet.iter_cols(max_row=200, values_only=True), 1):
        width = max((sum(2 if ord(c) > 255 else 1 for c in str(v)) for v in column if v is not None), default=4)
        sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
