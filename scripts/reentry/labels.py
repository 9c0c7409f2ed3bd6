"""The words for each figure: names, printed unit, definition, limits; one place for pages, letters and lists."""

from __future__ import annotations

import csv
from functools import cache

from reentry.project import SEEDS

FILE = SEEDS / "labels.csv"
COLUMNS = ("name_zh", "short_zh", "unit_zh", "gap_zh", "definition_zh", "limits_zh")


@cache
def labels() -> dict[str, dict[str, str]]:
    """Figure → its words; what the seed leaves empty is not there."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["figure_id"]: {c: row[c] for c in COLUMNS if row[c]} for row in csv.DictReader(file)}
