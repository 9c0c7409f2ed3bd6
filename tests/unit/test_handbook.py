"""The handbook of rules is what the seeds and suites say today, and says all of it."""

from __future__ import annotations

import re
from pathlib import Path

from reentry.check.suites import SECTIONS, suite
from reentry.contract import feeds
from reentry.handbook import handbook_document, rules_handbook
from reentry.project import ROOT
from reentry.reference import own_rules
from reentry.rules import rule_texts
from reentry.settings import Settings


def test_page_is_up_to_date() -> None:
    """Run `make handbook` when this fails."""
    assert (ROOT / "docs" / "规则手册.md").read_text(encoding="utf-8") == rules_handbook()


def test_every_rule_and_every_check_is_on_it() -> None:
    """Each rule with its meaning and what to do; in the part of each feed the rules of its own suite and no others."""
    page = rules_handbook()
    for text in rule_texts().values():
        assert f"| {text.rule} | {text.short_zh} | {text.meaning_zh} | {text.mend_zh} |" in page
    shared, *parts = page[page.index("## 每张表都检查的") : page.index("## 指标的名称和口径")].split("\n### ")
    for_all = set(re.findall(r"^\| ([A-Z][0-9]+) \|", shared, re.MULTILINE))
    assert len(parts) == len(feeds())
    for feed, part in zip(feeds(), parts, strict=True):
        assert part.startswith(f"{feed.agency_zh} · {feed.name_zh}")
        listed = set(re.findall(r"^\| ([A-Z][0-9]+) \|", part, re.MULTILINE))
        judged = {check.rule for section in SECTIONS for check in suite(feed.id)[section]}
        assert judged - for_all <= listed <= judged


def test_every_required_column_is_named() -> None:
    """A required column of the contract stands there as required."""
    page = rules_handbook()
    for feed in feeds():
        part = page[page.index(f"### {feed.agency_zh} · {feed.name_zh}") :].split("\n### ")[0]
        for column in feed.columns:
            if column.required:
                assert f"| Q1 | {column.headers[0]} | 必填" in part, (feed.id, column.name)


def test_the_page_on_the_web_says_what_is_in_force_here(tmp_path: Path) -> None:
    """Every rule once, in its part; thresholds, owner and switched-off rules as the district has them."""
    own = tmp_path / "rules.csv"
    own.write_text("rule,severity,threshold,owner\nW21,,45,\nW42,off,,\nB6,warn,40,数据科\n", encoding="utf-8")
    document = handbook_document(own_rules(Settings(rules=own)))
    rules = {one["rule"]: one for scope in document["scopes"] for one in scope["rules"]}
    assert sorted(rules) == sorted(rule_texts())
    assert (rules["W21"]["limit_zh"], rules["W21"]["severity_zh"]) == ("45 日", "提示")
    assert (rules["W42"]["severity_zh"], rules["B6"]["severity_zh"]) == ("已停用", "提示")
    assert (rules["B6"]["limit_zh"], rules["B6"]["owner"]) == ("40 %", "数据科")
    assert [feed["title"].split("（")[0] for feed in document["feeds"]] == [
        f"{feed.agency_zh} · {feed.name_zh}" for feed in feeds()
    ]
    assert rules["W37"]["casework"]
    assert not rules["W05"]["casework"]
