"""The letters there are, for a list of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reentry.replies.letter import letter_names, load_letter
from reentry.replies.past import list_pulls
from reentry.store import Home


def letter_rows(home: Home) -> list[dict[str, Any]]:
    """Every letter: number, title, class, windows, and the pulls made of it in this home."""
    rows = []
    for name in letter_names():
        letter = load_letter(name)
        rows.append(
            {"letter": name, "kind": letter.kind, "number": letter.number, "title": letter.title}
            | {"class": letter.answer_class, "document_number": letter.document_number}
            | {"pulls": list_pulls(home, name), "windows": {n: asdict(w) for n, w in letter.windows.items()}}
        )
    return rows
