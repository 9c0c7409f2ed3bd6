"""Documents as tables on a terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from reentry.contract import feeds
from reentry.figures.rounding import money, percent

# what terminals and workbooks call the columns of JSON documents
HEADINGS = {
    "masked_name": "姓名",
    "register_no": "档案编号",
    "township_code": "镇街代码",
    "township_name": "镇街",
    "dual_direction": "双列管方向",
    "counterpart_district": "对方区县",
    "counterpart_office": "对方司法所",
    "dual_from": "起始日",
    "last_visited_on": "最近走访",
    "colour": "颜色",
    "as_of": "截至",
    "is_acknowledged": "对方已回执",
    "is_one_sided": "单边",
    "days_overdue": "走访超期天数",
    "feed": "来源",
    "agency_zh": "部门",
    "kind_zh": "报送方式",
    "findings": "问题",
    "newest_delivery": "最近报送",
    "age_days": "距截至日天数",
    "days_ago": "距今天数",
    "rows": "行数",
    "rows_read": "读取",
    "rows_accepted": "接收",
    "rows_quarantined": "隔离",
    "rows_skipped": "跳过",
    "unlinked": "未关联",
    "block": "整表退回",
    "quarantine": "隔离",
    "warn": "提示",
    "info": "信息",
    "file_name": "文件",
    "delivered_on": "报送日",
    "sheet": "工作表",
    "row_no": "行号",
    "rule": "规则",
    "key": "编号",
    "message": "问题",
    "reasons": "原因",
    "cells": "内容",
    "cohort": "释放季度",
    "horizon_days": "期限（天）",
    "n": "人数",
    "events": "重新犯罪",
    "n_at_risk": "期末在观察",
    "km_incidence": "累计发生率",
    "km_se": "标准误",
    "km_lo": "下限",
    "km_hi": "上限",
    "cif": "竞争风险发生率",
    "observed_rate": "观察到的比例",
    "complete": "观察期满",
    "letter": "答复",
    "kind": "类别",
    "number": "编号",
    "title": "标题",
    "class": "办理结果",
    "document_number": "发文字号",
    "pulls": "取数",
    "windows": "时间段",
    "unit": "序号",
    "counts": "计入",
    "agency": "来源单位",
    "feed_zh": "报送内容",
    "file": "文件",
}
PIPED_WIDTH = 200  # a pipe has no width of its own


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PIPED_WIDTH)


def figures(document: dict[str, Any]) -> None:
    """A table of figures: value, value a year earlier, change, note."""
    title = f"{document['from']} 至 {document['to']}，截至 {document['as_of']}，数据截至 {document['known_at']}"
    view = Table(title=title, box=box.SIMPLE)
    for name in ("指标", "名称", "分项", "数值", "单位", "上年同期", "同比", "说明"):
        view.add_column(name, justify="right" if name in ("数值", "上年同期", "同比") else "left")
    for figure in document["figures"]:
        unit = figure["unit"]
        view.add_row(
            figure["id"],
            figure["name_zh"],
            "，".join(figure["by"].values()),
            shown(unit, figure["value"]),
            "" if unit == "ratio" else unit,
            shown(unit, figure.get("previous")),
            percent(figure.get("change"), signed=True),
            figure.get("note_zh", ""),
        )
    _console().print(view)


def shown(unit: str, value: Any) -> str:
    """A value as printed: ratios in percent with one decimal, yuan with two."""
    if value is None:
        return "—"
    if unit == "ratio":
        return percent(value)
    if unit in ("rate", "人年"):
        return money(value)
    return str(value)


def in_chinese(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows under Chinese headings; flags as 是 and 否."""
    words = {True: "是", False: "否"}
    return [
        {HEADINGS.get(name, name): words[value] if isinstance(value, bool) else value for name, value in row.items()}
        for row in rows
    ]


def table(title: str, rows: list[dict[str, Any]]) -> None:
    """Rows as a table under Chinese headings; a sentence when there are none."""
    rows = in_chinese(rows)
    if not rows:
        _console().print(f"{title}：没有记录")
        return
    view = Table(title=title, box=box.SIMPLE)
    names = list(dict.fromkeys(name for row in rows for name in row))  # a row may lack what others have
    for name in names:
        view.add_column(name)
    for row in rows:
        view.add_row(*("" if row.get(name) is None else str(row[name]) for name in names))
    _console().print(view)


def cohorts(rows: list[dict[str, Any]]) -> None:
    """The cohort table: shares in percent, as everywhere on a terminal."""
    table("队列", [{n: percent(v) if isinstance(v, float) else v for n, v in row.items()} for row in rows])


def status(document: dict[str, Any]) -> None:
    """The status document: a heading, one line a feed, findings by severity."""
    build = document["build"]
    _console().print(
        f"区划 {document['district_code']}，数据截至 {document['known_at']}，版本 {build['id']}"
        f"（{build['published_at']}，{build['batches']} 个批次）"
    )
    names = {feed.id: f"{feed.agency_zh} {feed.name_zh}" for feed in feeds()}
    rows = [
        {"feed": feed, "feed_zh": names.get(feed), **{name: value for name, value in entry.items() if name != "rows"}}
        for feed, entry in document["feeds"].items()  # rows are those that were read
    ]
    table("各来源", rows)
    table("问题", [document["findings"]])


def trace(document: dict[str, Any], rows: list[dict[str, Any]], shown: int) -> None:
    """A traced figure: what it is, and its first rows."""
    names = ("unit", "counts", "agency", "feed_zh", "file", "delivered_on", "sheet", "row_no")
    where = "、".join(document["by"].values()) or "全区"
    table(
        f"{document['name_zh']}（{where}，{document['from']} 至 {document['to']}）：合计 {document['total']}，"
        f"计数单位 {document['units']} 个，涉及 {len(rows)} 行",
        [
            {
                **{n: row[n] for n in names},
                "cells": "；".join(f"{header}={cell}" for header, cell in row.get("cells", {}).items()),
            }
            for row in rows[:shown]
        ],
    )
    if len(rows) > shown:
        Console().print(f"只列出前 {shown} 行；用 --out 文件.xlsx 导出全部。")
