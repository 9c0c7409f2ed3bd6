"""The suites of ``expectations/``: which rules are judged on which rows of a feed.

That a required cell must not be empty (Q1), and that the name of a place is no person's name (Q8), follows from the
contract: a suite has it from there and no file repeats it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reentry.check.offered import fault_of
from reentry.contract import Feed, feeds
from reentry.errors import UsageError
from reentry.nearest import nearest
from reentry.plain_yaml import read_yaml
from reentry.project import EXPECTATIONS
from reentry.rules import rule_texts
from reentry.rules_of_district import OFF

SECTIONS = ("quarantine", "warn", "gone_keys", "columns", "files")
_NO_NAME = "select batch_id, row_no from {batch} where {column} in (select no_names.word from memory.checking.no_names)"
_ENTRIES = ("rule", "expect", "column", "columns", "kwargs", "message")


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
    feed = next(feed for feed in feeds() if feed.id == feed_id)
    raw = _raw(f"{feed.agency}/{feed.name}")
    parts = [_of_feed(feed, raw), *(shared_suite(included) for included in raw.get("include") or [])]
    return {section: [check for part in parts for check in part[section]] for section in SECTIONS}


def own_suite(feed: Feed) -> Suite:
    """The checks of a feed alone: those of its file, behind what the contract requires."""
    return _of_feed(feed, _raw(f"{feed.agency}/{feed.name}"))


def in_force(checks: Suite, severities: Mapping[str, str]) -> Suite:
    """The checks as a district has them: none of rules that are off, and of softened ones warnings."""
    kept: Suite = {section: [] for section in checks}
    for section, entries in checks.items():
        for entry in entries:
            severity = severities[entry.rule]
            if severity != OFF:
                kept["warn" if (section, severity) == ("quarantine", "warn") else section].append(entry)
    return kept


def every_feed() -> Suite:
    """The checks that hold for every feed; its section ``files`` is judged once for all feeds."""
    return shared_suite("every_feed")


@cache
def shared_suite(name: str) -> Suite:
    """What stands in a file of ``expectations/`` that feeds include, such as ``every_feed``."""
    return _own(_raw(name))


def _raw(name: str) -> dict[str, Any]:
    """A file as it is written; UsageError names the first thing wrong in it."""
    where = f"expectations/{name}.yml"
    try:
        raw = read_yaml(EXPECTATIONS / f"{name}.yml", where)
    except FileNotFoundError as error:
        raise UsageError(f"{where} is not there, and a suite includes it: write it or correct the name.") from error
    _check_words(where, raw, ("feed", "include", *SECTIONS))
    for entry in (entry for section in SECTIONS for entry in raw.get(section) or []):
        _check_words(where, entry, _ENTRIES)
        if not {"rule", "expect"} <= set(entry):
            raise UsageError(f"{where}: {entry} needs a rule and what to expect: add them.")
        _check_words(where, [entry["rule"]], list(rule_texts()))
        check = _check(entry)
        if fault := fault_of(entry["expect"], check.kwargs):
            raise UsageError(f"{where}: {entry['rule']}: {fault} (docs/add-a-feed.md).")
    return raw


def _check_words(where: str, words: Iterable[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            raise UsageError(f"{where}: unknown {word}; the nearest known one is {nearest(word, known)}: correct it.")


def _of_feed(feed: Feed, raw: dict[str, Any]) -> Suite:
    """What a feed's file says, behind what the contract requires."""
    required = [
        _check({"rule": "Q1", "column": column.name, "expect": "column_values_to_not_be_null"})
        for column in feed.columns
        if column.required
    ]
    names = [
        _check(
            {
                "rule": "Q8",
                "column": column.name,
                "expect": "unexpected_rows",
                "kwargs": {"unexpected_rows_query": _NO_NAME.format(column=column.name, batch="{batch}")},
            }
        )
        for column in feed.columns
        if column.type == "person_name"
    ]
    own = _own(raw)
    return own | {"quarantine": required + names + own["quarantine"]}


def _own(raw: dict[str, Any]) -> Suite:
    return {section: [_check(entry) for entry in raw.get(section) or []] for section in SECTIONS}


def _check(entry: dict[str, Any]) -> Check:
    kwargs = dict(entry.get("kwargs", {}))
    if entry["expect"].startswith("column_pair_"):
        kwargs.setdefault("ignore_row_if", "either_value_is_missing")
    elif "column" in entry and entry["expect"].startswith("column_value"):
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
