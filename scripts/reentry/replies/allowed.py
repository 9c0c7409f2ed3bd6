"""District totals that a named person allows to be printed in public though they are small, each with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reentry.account import Account
from reentry.errors import UsageError
from reentry.replies.decisions import Register, decide, deciding, signed_file
from reentry.replies.letter import Letter
from reentry.replies.public import Release
from reentry.replies.states import checked_text, read_state
from reentry.replies.workflow import DRAFT, SUBMITTED
from reentry.store import Home
from reentry.vault import Vault

FILE = "allowed.json"


def releases_of(home: Home, vault: Vault, letter: Letter) -> dict[str, Release]:
    """What is allowed now, by placeholder."""
    with deciding(home, vault) as register:
        entries = _entries(home, vault, register, letter.name)
    return {
        entry["name"]: Release(
            letter.figures[entry["name"]].id,
            tuple(sorted(letter.figures[entry["name"]].by.items())),
            entry["person"],
            entry["reason"],
        )
        for entry in entries
        if entry["withdrawn_at"] is None and entry["name"] in letter.figures
    }


def check_can_pull(home: Home, vault: Vault, letter: Letter, account: Account) -> None:
    """UsageError when the account has allowed a figure of the letter: whoever decides does not prepare."""
    with deciding(home, vault) as register:
        entries = _entries(home, vault, register, letter.name)
    for entry in entries:
        if entry["withdrawn_at"] is None and account.is_same({**entry, "who": entry["account"]}):
            raise UsageError(
                f"答复 {letter.name} 的指标 {entry['name']} 由 {account.name} 准予公开，不能由同一账号取数："
                "请由另一账号取数。"
            )


def allow(
    home: Home, vault: Vault, letter: Letter, name: str, *, person: str, reason: str, account: Account
) -> Release:
    """Allows a figure of a letter; the next pull prints it.

    UsageError for a township's, without name or reason, or when the account prepares a pull of the letter.
    """
    if name not in letter.figures:
        raise UsageError(f"答复 {letter.name} 没有指标 {name}：现有 {'、'.join(letter.figures)}。")
    figure = letter.figures[name]
    person, reason = (checked_text(text, "准予公开需要姓名和理由") for text in (person, reason))
    release = Release(figure.id, tuple(sorted(figure.by.items())), person, reason)
    with deciding(home, vault) as register:
        _other_person(home, vault, register, letter.name, account)
        entry: dict[str, Any] = {"name": name, "person": release.released_by, "reason": release.reason}
        entry |= {"account": account.name, **account.signed(), "allowed_at": _now(), "withdrawn_at": None}
        ended = _withdrawn(_entries(home, vault, register, letter.name), name)
        about = {"figure": name, "person": release.released_by}
        decide(home, vault, account, "allow", letter.name, {FILE: [*ended, entry]}, about)
    return release


def withdraw(home: Home, vault: Vault, letter: Letter, name: str, *, account: Account) -> None:
    """Takes an allowance back; UsageError when there is none."""
    with deciding(home, vault) as register:
        entries = _entries(home, vault, register, letter.name)
        if not any(e["name"] == name and e["withdrawn_at"] is None for e in entries):
            raise UsageError(f"答复 {letter.name} 的指标 {name} 没有准予公开：无需撤回。")
        about = {"figure": name, "withdrawn": True}
        decide(home, vault, account, "allow", letter.name, {FILE: _withdrawn(entries, name)}, about)


def _other_person(home: Home, vault: Vault, register: Register, letter: str, account: Account) -> None:
    waiting = [pull for (name, pull), s in register.states.items() if name == letter and s in (DRAFT, SUBMITTED)]
    for pull in waiting:
        if read_state(home, vault, register, letter, pull).is_prepared_by(account):
            raise UsageError(f"取数 {pull} 由 {account.name} 办理，不能由同一账号准予公开：请由另一账号办理。")


def _entries(home: Home, vault: Vault, register: Register, letter: str) -> list[dict[str, Any]]:
    return list(signed_file(home, vault, register, f"{letter}/{FILE}") or [])


def _withdrawn(entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """All entries, those of ``name`` ended."""
    return [e | {"withdrawn_at": _now()} if e["name"] == name and e["withdrawn_at"] is None else e for e in entries]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
