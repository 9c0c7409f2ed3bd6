"""The handbook of rules as a page: what is checked of each feed, made from the seeds and the expectation suites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reentry.check.suites import Check, own_suite, shared_suite
from reentry.contract import Feed, feeds
from reentry.labels import labels
from reentry.rules import SEVERITIES, RuleText, rule_texts, texts_of

_HEAD = """<!-- 由 make handbook 生成，来自 seeds/ 和 expectations/，请勿手改。 -->

# 规则手册

每份报送依次经过三道检查：整份文件（B、D）、逐行（Q、W01–W18 和 W53）、跨部门（W20–W51）；发布之前还有闸门（G）。

| 处理 | 含义 |
|---|---|
| 整份退回 | 整份文件不入库，以前报送的内容不受影响 |
| 隔离 | 这一行不计入任何数字；如果是更正，更正以前的内容继续有效 |
| 提示 | 这一行照常计入（认不出的选填单元格按空值），问题记录在案 |
| 告知 | 只作记录，不需要处理 |
| 发布闸门 | 有一条不成立就不发布，大家看到的仍是上一版 |

门限、处理方式可以由各区县在自己的 `rules.csv` 里调整，见 `docs/add-a-district.md`。
"""
_SCOPES = {"file": "整份文件", "row": "逐行", "feeds": "跨部门", "gate": "发布闸门"}
_KINDS = {
    "date": "日期",
    "month": "月份",
    "quarter": "季度",
    "integer": "整数",
    "money": "金额",
    "code": "代码或规定的名称",
    "township": "本区镇街",
    "district": "区县",
    "resident_id": "证件号",
    "duration": "期限",
    "flag": "是或否",
}
_SHARED_COLUMNS = {
    "unparsed": "所有选填的列",
    "excel_errors": "所有选填的列",
    "damaged_keys": "编号",
    "unreadable": "姓名、编号",
    "unfilled": "所有的列",
    "late_columns": "日期",
    "wan_columns": "金额",
}
_INHERITED = ("every_feed", "resident_id")


def handbook_document(rules: Iterable[dict[str, str]]) -> dict[str, Any]:
    """What the handbook says, for rules like the rows of the seed: rules by scope, what every feed and each is checked
    for.
    """
    texts = list(texts_of(rules).values())
    return {
        "scopes": [
            {"title": title, "rules": [_rule_document(text) for text in texts if text.scope == scope]}
            for scope, title in _SCOPES.items()
        ],
        "shared": list(_shared_rows()),
        "feeds": [{"title": _feed_title(feed), "rows": _feed_rows(feed)} for feed in feeds()],
    }


def rules_handbook() -> str:
    """The page in Markdown."""
    parts = [_HEAD]
    for scope, title in _SCOPES.items():
        rows = [_rule_row(text) for text in rule_texts().values() if text.scope == scope]
        parts.append(f"## {title}\n\n" + _table(("规则", "问题", "含义", "怎么办", "处理", "门限", "跟进"), rows))
    parts.append(
        "## 每张表都检查的\n\n凡有证件号一列的表，都检查 W03–W07（证件号是编号的除外：格式不对即为 Q1）。\n\n"
        + _table(("规则", "栏目", "问题"), _shared_rows())
    )
    parts.append("## 各张表另外检查的\n")
    parts += [_feed_part(feed) for feed in feeds()]
    rows = [_figure_row(words) for words in labels().values()]
    parts.append("## 指标的名称和口径\n\n" + _table(("指标", "简称", "缺口", "口径", "说明"), rows))
    return "\n".join(parts)


def _rule_row(text: RuleText) -> tuple[str, ...]:
    return (
        text.rule,
        text.short_zh,
        text.meaning_zh,
        text.mend_zh,
        SEVERITIES[text.severity],
        text.limit_zh,
        text.owner,
    )


def _rule_document(text: RuleText) -> dict[str, Any]:
    names = ("rule", "short_zh", "meaning_zh", "mend_zh", "severity_zh", "limit_zh", "owner")
    return {**dict(zip(names, _rule_row(text), strict=True)), "severity": text.severity, "casework": text.is_casework}


def _shared_rows() -> dict[tuple[str, ...], None]:
    rows = [_shared_row(check) for name in _INHERITED for checks in shared_suite(name).values() for check in checks]
    return dict.fromkeys(rows)


def _figure_row(words: dict[str, str]) -> tuple[str, ...]:
    names = (words["name_zh"], words.get("short_zh", ""), words.get("gap_zh", ""))
    return *names, words["definition_zh"], words.get("limits_zh", "")


def _shared_row(check: Check) -> tuple[str, ...]:
    column = "证件号" if check.column == "id_no" else _SHARED_COLUMNS.get(check.columns or "", "")
    return check.rule, column, rule_texts()[check.rule].meaning_zh


def _feed_part(feed: Feed) -> str:
    return f"### {_feed_title(feed)}\n\n" + _table(("规则", "栏目", "要求"), _feed_rows(feed))


def _feed_title(feed: Feed) -> str:
    kind = "全量" if feed.is_snapshot else "增量"
    key = "、".join(feed.column(name).headers[0] for name in feed.key)
    return f"{feed.agency_zh} · {feed.name_zh}（{kind}，编号：{key}）"


def _feed_rows(feed: Feed) -> list[tuple[str, ...]]:
    own = [check for checks in own_suite(feed).values() for check in checks]
    return [(check.rule, _columns(feed, check), _demand(feed, check)) for check in own]


def _columns(feed: Feed, check: Check) -> str:
    named = check.column or check.kwargs.get("column")
    pair = [check.kwargs[k] for k in ("column_A", "column_B") if k in check.kwargs]
    return "、".join(_header(feed, name) for name in ([named] if named else pair) if _header(feed, name))


def _demand(feed: Feed, check: Check) -> str:
    """What must hold, as far as the expectation says it in its own terms; else what the rule means."""
    kwargs = check.kwargs
    match check.expectation:
        case "expect_column_values_to_not_be_null":
            kind = _KINDS.get(feed.column(kwargs["column"]).type)
            return f"必填，能认作{kind}" if kind else "必填"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            later, earlier = _header(feed, kwargs["column_A"]), _header(feed, kwargs["column_B"])
            return f"{later}不{'早' if kwargs['column_A'].endswith('_on') else '小'}于{earlier}"
        case "expect_column_values_to_be_between":
            return f"{'大于' if kwargs.get('strict_min') else '不小于'} {kwargs['min_value']}"
    return f"不得出现：{rule_texts()[check.rule].meaning_zh}"


def _header(feed: Feed, column: str) -> str:
    if column == "delivered_on":
        return "报送日"
    if column == "id_no_state":
        column = "id_no"
    return feed.column(column).headers[0] if column in feed.column_names else ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
