"""District totals that a named person allows to be printed in public though they are small, each with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reentry.audit import record, who
from reentry.errors import UsageError
from reentry.replies.letter import Letter
from reentry.replies.public import Release
from reentry.replies.sealed import decisions_lock, read_sealed, write_sealed
from reentry.store import Home
from reentry.vault import Vault

FILE = "allowed.json"


def releases_of(home: Home, vault: Vault, letter: Letter) -> dict[str, Release]:
    """What is allowed now, by placeholder."""
    return {
        entry["name"]: Release(
            letter.figures[entry["name"]].id,
            tuple(sorted(letter.figures[entry["name"]].by.items())),
            entry["person"],
            entry["reason"],
        )
        for entry in _entries(home, vault, letter.name)
        if entry["withdrawn_at"] is None and entry["name"] in letter.figures
    }


def allow(home: Home, vault: Vault, letter: Letter, name: str, *, person: str, reason: str) -> Release:
    """Allows a figure of a letter; the next pull prints it. UsageError for a township's, or without name or reason."""
    if name not in letter.figures:
        raise UsageError(f"答复 {letter.name} 没有指标 {name}：现有 {'、'.join(letter.figures)}。")
    figure = letter.figures[name]
    release = Release(figure.id, tuple(sorted(figure.by.items())), person.strip(), reason.strip())
    with decisions_lock(home):
        record(home, vault, "allow", letter=letter.name, figure=name, person=release.released_by)
        entry: dict[str, Any] = {"name": name, "person": release.released_by, "reason": release.reason}
        entry |= {"account": who(), "allowed_at": _now(), "withdrawn_at": None}
        ended = _withdrawn(home, vault, letter.name, name)
        write_sealed(home.replies / letter.name / FILE, vault, [*ended, entry])
    return release


def withdraw(home: Home, vault: Vault, letter: Letter, name: str) -> None:
    """Takes an allowance back; UsageError when there is none."""
    if name not in releases_of(home, vault, letter):
        raise UsageError(f"答复 {letter.name} 的指标 {name} 没有准予公开：无需撤回。")
    with decisions_lock(home):
        record(home, vault, "allow", letter=letter.name, figure=name, withdrawn=True)
        write_sealed(home.replies / letter.name / FILE, vault, _withdrawn(home, vault, letter.name, name))


def _entries(home: Home, vault: Vault, letter: str) -> list[dict[str, Any]]:
    return list(read_sealed(home.replies / letter / FILE, vault) or [])


def _withdrawn(home: Home, vault: Vault, letter: str, name: str) -> list[dict[str, Any]]:
    """All entries, those of ``name`` ended."""
    return [
        e | {"withdrawn_at": _now()} if e["name"] == name and e["withdrawn_at"] is None else e
        for e in _entries(home, vault, letter)
    ]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
