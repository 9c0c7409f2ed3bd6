"""Data Docs: what was checked and which rows failed, as one page under ``<home>/checks``.

GX's own pages load style sheets from outside and hold failing values; this one holds row numbers only.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any

import duckdb

from reentry.check.suites import suite
from reentry.contract import Feed, feeds
from reentry.land.places import place_of_row, place_zh
from reentry.rules import SEVERITIES, rule_texts

_DELIVERIES = 12
_ROWS_SHOWN = 30
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
    """Writes ``index.html`` and the same as ``index.json``: for the last deliveries of each feed, the rules, rows
    checked and rows failing.
    """
    rules = {
        rule: (message, severity)
        for rule, severity, message in con.execute(
            "select rule, severity, message_zh from warehouse.reference.rules"
        ).fetchall()
    }
    documents = [document for feed in feeds() if (document := _feed_document(con, feed, rules))]
    contents = " · ".join(f'<a href="#{d["feed"]}">{escape(d["title"])}</a>' for d in documents)
    page = (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>数据检查报告</title>'
        f"<style>{_STYLE}</style></head><body><h1>数据检查报告</h1>"
        f"<p>每张报表最近 {_DELIVERIES} 次报送逐条规则检查的结果：检查的行数、不合格的行数及行号。"
        f"不含任何单元格内容。</p><nav>{contents}</nav>"
        f"{''.join(map(_feed_part, documents)) or '<p>尚无已检查的报送。</p>'}</body></html>\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("index.html", page), ("index.json", json.dumps(documents, ensure_ascii=False))):
        draft = folder / f".{name}"
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, folder / name)  # noqa: PTH105 - atomic


def _feed_document(
    con: duckdb.DuckDBPyConnection, feed: Feed, rules: dict[str, tuple[str, str]]
) -> dict[str, Any] | None:
    """Feed, title, files and, for each rule, rows checked and failing and their places; None without a delivery."""
    batches = con.execute(
        "select batch_id, file_name, sheets, rows_accepted + rows_quarantined from warehouse.landing.batches"
        " where agency = ? and feed = ? and is_checked"
        " order by delivered_on desc, delivery_no desc, is_copy desc, path desc, batch_id desc limit ?",
        [feed.agency, feed.name, _DELIVERIES],
    ).fetchall()
    if not batches:
        return None
    names = {batch_id: name for batch_id, name, *_ in batches}
    sheets = {batch_id: of_batch for batch_id, _, of_batch, _ in batches}
    failed = con.execute(
        "select rule, batch_id, count(*), (list(distinct row_no order by row_no))[:?] from warehouse.landing.findings"
        " where list_contains(?, batch_id) and severity in ('quarantine', 'warn') group by all order by batch_id desc",
        [_ROWS_SHOWN, list(names)],
    ).fetchall()
    by_rule: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for rule, batch_id, count, rows in failed:
        numbers = [_row_zh(sheets[batch_id], row) for row in rows if row is not None]
        by_rule[rule].append((count, _place(names[batch_id], count, numbers)))
    known = {check.rule for checks in suite(feed.id).values() for check in checks}
    return {
        "feed": feed.id,
        "title": f"{feed.agency_zh} · {feed.name_zh}",
        "files": list(names.values()),
        "rows": sum(rows for *_, rows in batches),
        "rules": [
            _rule_document(rule, *rules[rule], by_rule[rule]) for rule in sorted(known | set(by_rule)) if rule in rules
        ],
    }


def _rule_document(rule: str, message: str, severity: str, failed: list[tuple[int, str]]) -> dict[str, Any]:
    return {
        "rule": rule,
        "message": message.split("：{")[0],
        "meaning": rule_texts()[rule].meaning_zh,
        "severity": severity,
        "severity_zh": SEVERITIES.get(severity, severity),
        "failed": sum(count for count, _ in failed),
        "places": [place for _, place in failed],
    }


def _feed_part(document: dict[str, Any]) -> str:
    lines = "".join(_line(rule, document["rows"]) for rule in document["rules"])
    return (
        f'<h2 id="{document["feed"]}">{escape(document["title"])}</h2><p>{escape("、".join(document["files"]))}</p>'
        "<table><tr><th>规则</th><th>说明</th><th>含义</th><th>级别</th><th>检查行数</th><th>不合格</th><th>行号</th></tr>"
        f"{lines}</table>"
    )


def _line(rule: dict[str, Any], checked: int) -> str:
    mark = f' class="failed {rule["severity"]}"' if rule["failed"] else ""
    return (
        f"<tr{mark}><td>{rule['rule']}</td><td>{escape(rule['message'])}</td><td>{escape(rule['meaning'])}</td>"
        f'<td>{rule["severity_zh"]}</td><td class="n">{checked}</td><td class="n">{rule["failed"]}</td>'
        f"<td>{'<br>'.join(map(escape, rule['places']))}</td></tr>"
    )


def _row_zh(sheets: list[str] | None, row_no: int) -> str:
    """A row's number; of a workbook of several sheets with the sheet."""
    return place_zh(*place_of_row(sheets, row_no)) if sheets and len(sheets) > 1 else str(row_no)


def _place(name: str, count: int, rows: list[str]) -> str:
    """A file, and the rows in it that fail."""
    numbers = "、".join(rows)
    more = f" …（共 {count} 条）" if count > _ROWS_SHOWN else ""
    return f"{name}{'：' + numbers if numbers else ''}{more}"
