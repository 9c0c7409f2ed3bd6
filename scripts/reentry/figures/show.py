"""Documents as tables on a terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from reentry.figures.rounding import money, percent

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


def table(title: str, rows: list[dict[str, Any]]) -> None:
    """Rows as a table; a sentence when there are none."""
    if not rows:
        _console().print(f"{title}：没有记录")
        return
    view = Table(title=title, box=box.SIMPLE)
    for name in rows[0]:
        view.add_column(name)
    for row in rows:
        view.add_row(*("" if value is None else str(value) for value in row.values()))
    _console().print(view)


def status(document: dict[str, Any]) -> None:
    """The status document: a heading, one line a feed, findings by severity."""
    build = document["build"]
    _console().print(
        f"区划 {document['district_code']}，数据截至 {document['known_at']}，版本 {build['id']}"
        f"（{build['published_at']}，{build['batches']} 个批次）"
    )
    table("各来源", [{"feed": feed, **entry} for feed, entry in document["feeds"].items()])
    table("问题", [document["findings"]])
