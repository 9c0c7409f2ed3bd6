"""What the seeds say of each rule in words that an agency understands."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reentry.project import SEEDS

SEVERITIES = {
    "block": "整份退回",
    "quarantine": "隔离",
    "warn": "提示",
    "info": "告知",
    "gate": "发布闸门",
    "off": "已停用",
}


@dataclass(frozen=True)
class RuleText:
    """One rule: what it means, its thresholds, and what the agency is to do (``action_zh`` in short, ``mend_zh``)."""

    rule: str
    severity: str
    message_zh: str
    action: str
    action_zh: str
    scope: str
    owner: str
    limit_zh: str
    meaning_zh: str
    mend_zh: str
    is_casework: bool  # what is to be done for a person, and no error of data

    @property
    def short_zh(self) -> str:
        """Its message without the place for a column."""
        return self.message_zh.split("：{")[0]


@cache
def rule_texts() -> dict[str, RuleText]:
    """All rules as shipped, in the order of the seed."""
    return texts_of(_rows(SEEDS / "rules.csv"))


def texts_of(rules: Iterable[dict[str, str]]) -> dict[str, RuleText]:
    """The rules of rows like those of the seed ``rules.csv``, with what the seeds say of their meaning."""
    meanings = {row["rule"]: row for row in _rows(SEEDS / "rule_meanings.csv")}
    return {
        row["rule"]: RuleText(
            row["rule"],
            row["severity"],
            row["message_zh"],
            row["action"],
            row["action_zh"],
            row["scope"],
            row["owner"],
            _limit(row),
            meanings[row["rule"]]["meaning_zh"],
            meanings[row["rule"]]["mend_zh"],
            meanings[row["rule"]]["is_casework"] == "true",
        )
        for row in rules
    }


def _limit(row: dict[str, str]) -> str:
    """The thresholds with their unit; empty for a rule without."""
    numbers = [row[name] for name in ("threshold", "second_threshold") if row[name]]
    units = row["threshold_unit"].split("、")
    units = units if len(units) == len(numbers) else units * len(numbers)
    return "、".join(f"{number} {unit}" for number, unit in zip(numbers, units, strict=True))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
