"""The benchmark's page, and its peer; what it measures is measured by nobody here."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from conftest import MakeHome
from reentry.bench.ground import Ground
from reentry.bench.ratios import figures, rule_models
from reentry.bench.table import Line, with_line
from reentry.project import SEEDS
from reentry.rules_of_district import override_rules
from reentry.settings import load_settings

DAY = date(2025, 6, 19)
PAGE = """# Benchmarks

What stands before.

| persons | what | measured | to reach | on |
|---:|---|---|---|---|
| 1,000,000 | land | 1 s | < 4 GB | 2025-01-01 |
| 2,500 | land | 2 s | | 2025-01-01 |

What stands behind.
"""


def test_a_line_takes_the_place_of_its_own_and_no_other() -> None:
    assert with_line(PAGE, Line(2_500, "land", "3 s"), DAY) == PAGE.replace(
        "| 2,500 | land | 2 s | | 2025-01-01 |", "| 2,500 | land | 3 s |  | 2025-06-19 |"
    )


def test_a_new_line_follows_those_of_its_size() -> None:
    rows = with_line(with_line(PAGE, Line(1_000_000, "check", "4 s"), DAY), Line(500, "land", "5 s"), DAY).splitlines()
    assert [row.split(" | ")[:2] for row in rows if row.startswith("| ") and "persons" not in row] == [
        ["| 1,000,000", "land"], ["| 1,000,000", "check"], ["| 2,500", "land"], ["| 500", "land"],
    ]  # fmt: skip
    assert [rows[2], rows[-1]] == ["What stands before.", "What stands behind."]


def test_a_page_without_a_table_gets_one() -> None:
    assert with_line("# Page", Line(500, "land", "5 s", "≤ 9 s"), DAY).splitlines()[-1] == (
        "| 500 | land | 5 s | ≤ 9 s | 2025-06-19 |"
    )


def test_rules_are_found_by_their_folders() -> None:
    assert {"int_findings__city", "int_findings_across", "int_finding_openings", "fct_findings"} <= rule_models()


@pytest.mark.parametrize(("persons", "crowded_at"), [(2_500, "20"), (25_000, "200"), (1_000_000, "8000")])
def test_a_large_home_has_the_threshold_of_its_size(tmp_path: Path, persons: int, crowded_at: str) -> None:
    """Visits of one township in a day grow with the persons, and nothing else that a rule counts."""
    ground = Ground(tmp_path, persons)
    ground.set_up()
    shipped, own = _rules(SEEDS / "rules.csv"), _rules(SEEDS / "rules.csv")
    path = load_settings(ground.home.path).rules
    if path is not None:
        override_rules(own, _rules(path), path)
    assert [row for row in own if row not in shipped or row["rule"] == "W38"] == [
        {**row, "threshold": crowded_at} for row in shipped if row["rule"] == "W38"
    ]


def _rules(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_peer_finds_the_same_figures(made_home: MakeHome, tmp_path: Path) -> None:
    """It raises when they differ, for then its time says nothing."""
    (tmp_path / "home").symlink_to(made_home().home.path)
    (line,) = figures(Ground(tmp_path, 500))
    assert line.value.count("÷") == 3
