"""Data Docs: what was checked and which rows failed, as one page under ``<home>/checks``.

GX's own pages load style sheets from outside and hold failing values; this one holds row numbers only.
"""

from __future__ import annotations

import os
from collections import defaultdict
from html import escape
from pathlib import Path

import duckdb

from reentry.check.suites import suite
from reentry.contract import Feed, feeds
from reentry.land.places import place_of_row, place_zh
from reentry.rules import rule_texts

_DELIVERIES = 12
_ROWS_SHOWN = 30
_SEVERITIES = {"quarantine": "隔离", "warn": "提示"}
_STYLE = """
body { font: 15px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222; }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; } a { color: #1f4e79; } nav { line-height: 2; }
h2 { margin-top: 2.5rem; border-bottom: 2px solid #1f4e79; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #ccc; padding: .25rem .6rem; text-align: left; vertical-align: top; }
th { background: #f2f2f2; } td.n { text-align: right; }
tr.failed td { background: #fdf3e6; } tr.failed.quarantine td { background: #fbe9e7; }
"""


def render_docs(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes ``index.html``: for the last deliveries of each feed, the rules, rows checked and rows failing."""
    rules = {
        rule: (message, severity)
        for rule, severity, message in con.execute(
            "select rule, severity, message_zh from warehouse.reference.rules"
        ).fetchall()
    }
    parts = {feed: part for feed in feeds() if (part := "".join(_feed_part(con, feed, rules)))}
    page = (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>数据检查</title>'
        f"<style>{_STYLE}</style></head><body><h1>数据检查</h1>"
        f"<p>Great Expectations 对每张报表最近 {_DELIVERIES} 次报送逐条规则检查的结果：检查的行数、不合格的行数及行号。"
        f"不含任何单元格内容。</p><nav>{_contents(list(parts))}</nav>"
        f"{''.join(parts.values()) or '<p>尚无已检查的报送。</p>'}</body></html>\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / ".index.html"
    draft.write_text(page, encoding="utf-8")
    os.replace(draft, folder / "index.html")  # noqa: PTH105 - atomic


def _contents(checked: list[Feed]) -> str:
    return " · ".join(f'<a href="#{feed.id}">{escape(feed.agency_zh)} {escape(feed.name_zh)}</a>' for feed in checked)


def _feed_part(con: duckdb.DuckDBPyConnection, feed: Feed, rules: dict[str, tuple[str, str]]) -> list[str]:
    batches = con.execute(
        "select batch_id, file_name, sheets, rows_accepted + rows_quarantined from warehouse.landing.batches"
        " where agency = ? and feed = ? and is_checked"
        " order by delivered_on desc, delivery_no desc, is_copy desc, path desc, batch_id desc limit ?",
        [feed.agency, feed.name, _DELIVERIES],
    ).fetchall()
    if not batches:
        return []
    names = {batch_id: name for batch_id, name, *_ in batches}
    sheets = {batch_id: of_batch for batch_id, _, of_batch, _ in batches}
    checked = sum(rows for *_, rows in batches)
    failed = con.execute(
        "select rule, batch_id, count(*), (list(distinct row_no order by row_no))[:?] from warehouse.landing.findings"
        " where list_contains(?, batch_id) and severity in ('quarantine', 'warn') group by all order by batch_id desc",
        [_ROWS_SHOWN, list(names)],
    ).fetchall()
    by_rule: defaultdict[str, list[tuple[int, int, list[str]]]] = defaultdict(list)
    for rule, batch_id, count, rows in failed:
        by_rule[rule].append((batch_id, count, [_row_zh(sheets[batch_id], row) for row in rows if row is not None]))
    known = {check.rule for checks in suite(feed.id).values() for check in checks}
    lines = [
        _line(rule, *rules[rule], checked, by_rule[rule], names)
        for rule in sorted(known | set(by_rule))
        if rule in rules
    ]
    return [
        f'<h2 id="{feed.id}">{escape(feed.agency_zh)} · {escape(feed.name_zh)}</h2>'
        f"<p>{escape('、'.join(names.values()))}</p>"
        "<table><tr><th>规则</th><th>说明</th><th>含义</th><th>级别</th><th>检查行数</th><th>不合格</th><th>行号</th></tr>",
        *lines,
        "</table>",
    ]


def _line(
    rule: str,
    message: str,
    severity: str,
    checked: int,
    failed: list[tuple[int, int, list[str]]],
    names: dict[int, str],
) -> str:
    total = sum(count for _, count, _ in failed)
    places = "<br>".join(_place(names[batch_id], count, rows) for batch_id, count, rows in failed)
    mark = f' class="failed {severity}"' if total else ""
    text = message.replace("：{column}", "")
    return (
        f"<tr{mark}><td>{rule}</td><td>{escape(text)}</td>"
        f"<td>{escape(rule_texts()[rule].meaning_zh)}</td><td>{_SEVERITIES.get(severity, severity)}</td>"
        f'<td class="n">{checked}</td><td class="n">{total}</td><td>{places}</td></tr>'
    )


def _row_zh(sheets: list[str] | None, row_no: int) -> str:
    """A row's number; of a workbook of several sheets with the sheet."""
    return place_zh(*place_of_row(sheets, row_no)) if sheets and len(sheets) > 1 else str(row_no)


def _place(name: str, count: int, rows: list[str]) -> str:
    numbers = escape("、".join(rows))
    more = f" …（共 {count} 条）" if count > _ROWS_SHOWN else ""
    return f"{escape(name)}{'：' + numbers if numbers else ''}{more}"
