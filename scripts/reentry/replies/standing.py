"""The figures of a letter as they stand when they are looked at: what they would print, what was printed last."""

from __future__ import annotations

from typing import Any

from reentry.definition import figures_of
from reentry.figures import texts
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.replies.figures import Printed, pull_figures
from reentry.replies.letter import load_letter
from reentry.replies.past import Past, last_printed
from reentry.replies.states import cited_by_others
from reentry.sources import feed_names, feeds_of
from reentry.store import Home
from reentry.vault import Vault

NEVER = "尚未取数"


def standing_figures(home: Home, vault: Vault, name: str) -> dict[str, Any]:
    """One letter: how many figures differ from what was printed last, and of each what it is, was and would be.

    A window that is not over goes as far as the data do; a pull itself waits. UsageError for a letter that is wrong.
    """
    letter = load_letter(name)
    with open_version(home, vault) as version:
        known_at = version.known_at
        windows = {
            n: Window.of(d.starts_on, d.ends_on, min(d.as_of, known_at), known_at) for n, d in letter.windows.items()
        }
        printed = pull_figures(version, letter, windows)
        known = figures_of(version.definitions)
        sources = [feed_names(feeds_of(p.figure.id, version.definitions)) for p in printed]
    wanted = [(p.figure.id, p.figure.by) for p in printed]
    pasts = last_printed(home, letter.name, wanted, others=cited_by_others(home, vault))
    rows = [
        _row(letter.name, one, past, known[one.figure.id][0], feeds)
        for one, past, feeds in zip(printed, pasts, sources, strict=True)
    ]
    return {
        "letter": letter.name,
        "document_number": letter.document_number,
        "known_at": str(known_at),
        "changed": sum(row["is_changed"] for row in rows),
        "figures": rows,
    }


def _row(letter: str, printed: Printed, past: Past | None, about: dict[str, Any], feeds: list[str]) -> dict[str, Any]:
    unit, value, window = printed.cell["unit"], printed.cell["value"], printed.window
    behind = texts.unit_of(unit, about.get("unit_zh"))
    said = {
        "name_zh": "·".join([about["name_zh"], *printed.figure.by.values()]),
        "definition_zh": about["definition_zh"],
        "definition_version": about["version"],
        "sources_zh": "、".join(feeds),
        "window": f"{window.starts_on} 至 {window.ends_on}，截至 {window.as_of}",
        "value": texts.printed(unit, value) + (behind if value is not None else ""),
        "printed": printed.text,
        "note_zh": printed.cell.get("note_zh"),
    }
    if past is None:
        return {**said, "last_printed": "—", "last_pull": None, "change": NEVER, "is_changed": False}
    before = past.figure["value"]
    is_changed = before != value
    return {
        **said,
        "last_printed": past.figure["printed"],
        "last_pull": past.pull if past.letter == letter else f"另一份答复的 {past.pull}",
        "change": f"原为 {texts.printed(unit, before)}{behind}" if is_changed else "没有变化",
        "is_changed": is_changed,
    }
