"""The slip of one file that was checked before it was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from reentry.land.places import shown_row
from reentry.precheck import ACCEPTED, Found, Prechecked
from reentry.rules import SEVERITIES, rule_texts
from reentry.workbook import Cell, Column, Sheet, workbook_bytes

MOST_FINDINGS = 20_000  # a file with more is wrong as a whole, and read by rule
_SUMMARY = (Column("项目", 18), Column("内容", 80))
_FINDINGS = (
    Column("行号", 14, align="center"),
    Column("编号", 20),
    Column("栏目", 16),
    Column("填写内容", 24),
    Column("问题", 34),
    Column("怎么办", 46),
    Column("处理", 10, align="center"),
    Column("规则", 8, align="center"),
)
_BY_RULE = (
    Column("规则", 8, align="center"),
    Column("问题", 30),
    Column("件数", 8, align="center"),
    Column("处理", 10, align="center"),
    Column("含义", 46),
    Column("怎么办", 46),
)


def slip_of_file(found: Prechecked, *, day: date) -> bytes:
    """A workbook: the outcome, the findings by row (at most MOST_FINDINGS), and by rule. No id number, no name."""
    title = f"报送预检结果：{found.path.rpartition('/')[2]}"
    shown = found.findings[:MOST_FINDINGS]
    notes = [] if len(shown) == len(found.findings) else [f"只列出前 {MOST_FINDINGS} 条，全部件数见“按规则汇总”"]
    return workbook_bytes(
        [
            Sheet("结论", title, _SUMMARY, list(_summary(found, day))),
            Sheet("问题清单", title, _FINDINGS, map(_line, shown), notes, empty="没有发现问题"),
            Sheet("按规则汇总", title, _BY_RULE, list(_by_rule(found.findings)), empty="没有发现问题"),
        ],
        day=day,
    )


def _summary(found: Prechecked, day: date) -> Iterator[tuple[Cell, Cell]]:
    if found.feed:
        yield "报送单位", found.feed.agency_zh
        yield "报表", found.feed.name_zh
    yield "报送日期", found.delivered_on
    yield "预检日期", day
    yield "结论", found.outcome_zh
    if refusal := found.refusal:
        yield "退回原因", f"{refusal.message}（{refusal.rule}）"
        if refusal.mend_zh:
            yield "怎么办", refusal.mend_zh
        if found.refused_rows:
            yield "所在行", "、".join(str(shown_row(*place)) for place in found.refused_places[:200])
    if found.outcome == ACCEPTED:
        yield "读入行数", found.rows.read
        yield "接收行数", found.rows.accepted
        yield "隔离行数", found.rows.quarantined
        yield "跳过行数", f"{found.rows.skipped}（空行、合计行、表尾）"
        yield "提示", "跨部门核对在入库以后进行，结果见各部门问题清单"


def _line(found: Found) -> list[Cell]:
    place, severity = shown_row(found.sheet, found.row), SEVERITIES[found.severity]
    return [place, found.key, found.header, found.cells, found.said, found.mend_zh, severity, found.rule]


def _by_rule(findings: list[Found]) -> Iterator[list[Cell]]:
    for (rule, severity), count in sorted(Counter((f.rule, f.severity) for f in findings).items()):
        text = rule_texts()[rule]
        yield [rule, text.short_zh, count, SEVERITIES[severity], text.meaning_zh, text.mend_zh]
