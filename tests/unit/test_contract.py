"""What is wrong in a contract or a suite is said in one sentence, before anything lands by it."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reentry.check import suites
from reentry.contract import SQL_TYPES, feeds
from reentry.contract_faults import faults_of_source
from reentry.errors import UsageError
from reentry.project import MODELS


def source() -> dict[str, Any]:
    """The contract of an agency as it is."""
    (found,) = yaml.safe_load((MODELS / "staging/hr/hr__sources.yml").read_text(encoding="utf-8"))["sources"]
    return copy.deepcopy(found)


def test_a_contract_that_holds_has_no_fault() -> None:
    assert not list(faults_of_source(source(), "hr", SQL_TYPES))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda table, _: table["config"]["meta"].update(semantics="snapshots"),
            "semantics snapshots: write incremental",
        ),
        (lambda table, _: table["config"]["meta"].pop("name_zh"), "has no name_zh"),
        (lambda table, _: table["config"]["meta"].update(key=["enrolment"]), r"key \[enrolment\].*none of its columns"),
        (lambda table, _: table.update(name="courses"), r"identifier hr__training: write hr__courses"),
        (lambda table, _: table.update(name="courses", identifier="hr__courses"), "lacks .*stg_hr__courses.sql: write"),
        (lambda _, column: column["config"]["meta"].update(type="string"), "type string: the nearest known one is"),
        (lambda _, column: column["config"]["meta"].update(type="code"), "needs a list: with the type code"),
        (lambda _, column: column["config"]["meta"].update(type="code", list="none"), "no seeds/codes/none.csv, write"),
        (lambda _, column: column["config"]["meta"].update(require=True), "unknown entry require .*is required"),
        (lambda _, column: column["config"]["meta"].update(required=False), "part of the key and so must be required"),
        (lambda _, column: column["config"]["meta"].update(headers=["姓名"]), "header 姓名 at two columns"),
        (lambda _, column: column["config"]["meta"].update(headers="培训编号"), "needs a list of headers"),
    ],
)
def test_a_fault_of_a_contract(change: Any, said: str) -> None:
    """Each names the feed and what to write."""
    contract = source()
    table = next(t for t in contract["tables"] if t["name"] == "training")
    change(table, next(c for c in table["columns"] if c["name"] == "enrolment_no"))
    faults = list(faults_of_source(contract, "hr", SQL_TYPES))
    assert any(re.search(rf"^hr\.\w+ .*{said}", fault) for fault in faults), faults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quarantined: []", "unknown quarantined; the nearest known one is quarantine"),
        ("warn: [{rule: W222, expect: x}]", "unknown W222; the nearest known one is W22"),
        ("warn: [{rule: W22}]", "needs a rule and what to expect"),
        ("warn: [{rule: W22, expects: x}]", "unknown expects; the nearest known one is expect"),
        ("include: [every_fed]", "is not there"),
        ("warn: [", "is not valid YAML"),
    ],
)
def test_a_fault_of_a_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    """Each names the file."""
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path)
    suites.suite.cache_clear()
    feed = feeds()[0]
    (tmp_path / feed.agency).mkdir()
    (tmp_path / feed.agency / f"{feed.name}.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"^expectations/[\w/]+\.yml.*{said}"):
        suites.suite(feed.id)
