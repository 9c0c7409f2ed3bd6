"""What was printed before: for each figure of a letter the pull to compare with."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reentry.store import Home

MACHINE, KEPT, PULL_FILE, BASIS_FILE = "figures.json", "kept", "pull.json", "basis.duckdb"


@dataclass(frozen=True)
class Past:
    """A figure as a pull printed it."""

    letter: str
    pull: str
    folder: Path
    document: dict[str, Any]  # of the pull
    figure: dict[str, Any]  # of the figure, within it


def list_pulls(home: Home, letter: str) -> list[str]:
    """The pulls of a letter, oldest first."""
    folder = home.replies / letter
    if not folder.is_dir():
        return []
    return sorted((p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")), key=pull_order)


def last_printed(
    home: Home, letter: str, wanted: list[tuple[str, dict[str, str]]], *, others: Collection[tuple[str, str]]
) -> list[Past | None]:
    """For each figure and breakdown the last pull of the same letter that has it, else the last of ``others``.

    ``others``: letters and pulls that may be cited; a draft that nobody has handed in may not.
    """
    documents = _documents(home, letter, others)
    return [_find(documents, figure_id, by) for figure_id, by in wanted]


def _documents(home: Home, letter: str, others: Collection[tuple[str, str]]) -> list[tuple[str, Path, dict[str, Any]]]:
    """All pulls with their documents: those of the letter first, newest first; then the others, newest first."""
    found = []
    for name, pull in {*((letter, pull) for pull in list_pulls(home, letter)), *others}:
        folder = home.replies / name / pull
        kept = folder / KEPT / PULL_FILE
        if kept.exists():
            pulled_at = json.loads(kept.read_text(encoding="utf-8"))["pulled_at"]
            found.append(((name == letter, pulled_at, *pull_order(pull), name), name, folder))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [(n, folder, json.loads((folder / MACHINE).read_text(encoding="utf-8"))) for _, n, folder in found]


def _find(documents: list[tuple[str, Path, dict[str, Any]]], figure_id: str, by: dict[str, str]) -> Past | None:
    for letter, folder, document in documents:
        for figure in document["figures"]:
            if figure["id"] == figure_id and figure["by"] == by:
                return Past(letter, document["pull"], folder, document, figure)
    return None


def pull_order(pull: str) -> tuple[str, int]:
    """By day and number."""
    day, _, number = pull.rpartition("-")
    return day, int(number) if number.isdigit() else 0
