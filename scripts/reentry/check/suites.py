"""The suites of ``expectations/``: which rules are judged on which rows of a feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reentry.project import EXPECTATIONS
from reentry.rules_of_district import OFF

SECTIONS = ("quarantine", "warn", "gone_keys", "files")


@dataclass(frozen=True)
class Check:
    """One rule on one set of rows."""

    rule: str
    expectation: str
    kwargs: dict[str, Any] = field(hash=False)
    column: str | None  # the column a finding names
    columns: str | None  # or the list of the row that names several
    message: str | None  # where a rule has several messages


Suite = dict[str, list[Check]]  # section -> checks


@cache
def suite(feed_id: str) -> Suite:
    """The checks of a feed with those of the files it includes, by section."""
    agency, name = feed_id.split(".")
    return _read(EXPECTATIONS / agency / f"{name}.yml")


def in_force(checks: Suite, severities: Mapping[str, str]) -> Suite:
    """The checks as a district has them: none of rules that are off, and of softened ones warnings."""
    kept: Suite = {section: [] for section in checks}
    for section, entries in checks.items():
        for entry in entries:
            severity = severities[entry.rule]
            if severity != OFF:
                kept["warn" if (section, severity) == ("quarantine", "warn") else section].append(entry)
    return kept


@cache
def every_feed() -> Suite:
    """The checks that hold for every feed; its section ``files`` is judged once for all feeds."""
    return _read(EXPECTATIONS / "every_feed.yml")


def own_suite(name: str) -> Suite:
    """What stands in one file of ``expectations/`` itself, such as ``justice/register`` or ``every_feed``."""
    return _own(_raw(EXPECTATIONS / f"{name}.yml"))


def _raw(path: Path) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return raw


def _own(raw: dict[str, Any]) -> Suite:
    return {section: [_check(entry) for entry in raw.get(section, [])] for section in SECTIONS}


def _read(path: Path) -> Suite:
    raw = _raw(path)
    checks = _own(raw)
    for included in raw.get("include", []):
        for section, more in _read(EXPECTATIONS / f"{included}.yml").items():
            checks[section] += more
    return checks


def _check(entry: dict[str, Any]) -> Check:
    kwargs = dict(entry.get("kwargs", {}))
    if entry["expect"].startswith("column_pair_"):
        kwargs.setdefault("ignore_row_if", "either_value_is_missing")
    elif "column" in entry and entry["expect"] != "unexpected_rows":
        kwargs.setdefault("column", entry["column"])
    expectation = "unexpected_rows_expectation" if entry["expect"] == "unexpected_rows" else f"expect_{entry['expect']}"
    return Check(
        rule=entry["rule"],
        expectation=expectation,
        kwargs=kwargs,
        column=entry.get("column"),
        columns=entry.get("columns"),
        message=entry.get("message"),
    )
