"""Two persons: a pull is prepared by one account and released by another.

draft → submitted → released → superseded; submitted may be sent back. The state lies beside the pull's folder, sealed,
with every step; a released pull never changes again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reentry.audit import Head, record, who
from reentry.errors import UsageError
from reentry.replies.past import MACHINE, list_pulls
from reentry.replies.sealed import decisions_lock, read_sealed, write_sealed
from reentry.store import Home
from reentry.vault import Vault

DRAFT, SUBMITTED, RELEASED, SUPERSEDED = "draft", "submitted", "released", "superseded"
STATES_ZH = {DRAFT: "草稿", SUBMITTED: "待审签", RELEASED: "已审签", SUPERSEDED: "已被取代"}
OUT = (RELEASED, SUPERSEDED)  # has left the bureau


@dataclass(frozen=True)
class State:
    """Where a pull stands; ``steps`` are what was done, by whom and when, oldest first."""

    letter: str
    pull: str
    state: str = DRAFT
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def preparers(self) -> set[str]:
        """The accounts that made or submitted it: none of them may release it."""
        return {step["who"] for step in self.steps if step["step"] in ("pull", "submit")}


def state_of(home: Home, vault: Vault, letter: str, pull: str) -> State:
    """The state of a pull; UsageError when there is no such pull, ReentryError when the state was tampered with."""
    if pull not in list_pulls(home, letter):
        raise UsageError(f"答复 {letter} 没有取数 {pull}：现有 {'、'.join(list_pulls(home, letter)) or '无'}。")
    said = read_sealed(_path(home, letter, pull), vault)
    return State(**said) if said else State(letter, pull)


def all_states(home: Home, vault: Vault) -> list[State]:
    """The states of all pulls of all letters."""
    letters = sorted(p.name for p in home.replies.iterdir() if p.is_dir()) if home.replies.is_dir() else []
    return [state_of(home, vault, letter, pull) for letter in letters for pull in list_pulls(home, letter)]


def begin(home: Home, vault: Vault, letter: str, pull: str) -> State:
    """Puts on record who made the pull."""
    return _step(home, vault, letter, pull, "pull", DRAFT)


def submit(home: Home, vault: Vault, letter: str, pull: str) -> State:
    """Hands a draft in for release; UsageError when it is none, or a file was changed."""
    _expect(state_of(home, vault, letter, pull), DRAFT, "送审")
    _unchanged(home, letter, pull, None)
    return _step(home, vault, letter, pull, "submit", SUBMITTED)


def send_back(home: Home, vault: Vault, letter: str, pull: str, note: str) -> State:
    """Sends a submitted pull back with the reason."""
    _expect(state_of(home, vault, letter, pull), SUBMITTED, "退回")
    if not note.strip():
        raise UsageError("退回需要说明理由：请填写。")
    return _step(home, vault, letter, pull, "return", DRAFT, note=note.strip())


def release(home: Home, vault: Vault, letter: str, pull: str) -> State:
    """Releases a submitted pull; the one released before is superseded.

    UsageError when the account prepared it, when it is not submitted, a file was changed, or a newer one is out.
    """
    state = state_of(home, vault, letter, pull)
    _expect(state, SUBMITTED, "审签")
    if who() in state.preparers:
        raise UsageError(f"取数 {pull} 由 {who()} 办理，不能由同一账号审签：请由另一账号审签。")
    submitted = next(step for step in reversed(state.steps) if step["step"] == "submit")
    _unchanged(home, letter, pull, submitted["figures_sha256"])
    others = [state_of(home, vault, letter, p) for p in list_pulls(home, letter) if p != pull]
    pulls = list_pulls(home, letter)
    if any(o.state == RELEASED and pulls.index(o.pull) > pulls.index(pull) for o in others):
        raise UsageError(f"答复 {letter} 已有更新的取数审签，不能再审签 {pull}：请重新取数。")
    done = _step(home, vault, letter, pull, "release", RELEASED)
    (home.replies / letter / pull).chmod(0o550)
    for other in others:
        if other.state == RELEASED:
            _step(home, vault, letter, other.pull, "supersede", SUPERSEDED, note=f"由 {pull} 取代", action="release")
    return done


def anchors(home: Home, vault: Vault) -> list[tuple[str, Head]]:
    """The heads of the audit log at every step of every pull, each with where it is kept."""
    return [
        (f"答复 {state.letter} 取数 {state.pull}", Head(**step["audit"]))
        for state in all_states(home, vault)
        for step in state.steps
    ]


def changed_files(home: Home, letter: str, pull: str) -> list[str]:
    """The files of a pull that are not as ``figures.json`` says they were."""
    folder = home.replies / letter / pull
    hashes = json.loads((folder / MACHINE).read_text(encoding="utf-8"))["files"]
    return [name for name, sha256 in hashes.items() if _sha256(folder / name) != sha256]


def _expect(state: State, wanted: str, action: str) -> None:
    if state.state != wanted:
        raise UsageError(
            f"取数 {state.pull} 现为“{STATES_ZH[state.state]}”，不能{action}：只有“{STATES_ZH[wanted]}”的可以。"
        )


def _unchanged(home: Home, letter: str, pull: str, figures_sha256: str | None) -> None:
    changed = changed_files(home, letter, pull)
    if figures_sha256 not in (None, _sha256(home.replies / letter / pull / MACHINE)):
        changed.append(MACHINE)
    if changed:
        raise UsageError(f"取数 {pull} 的文件被改动（{'、'.join(changed)}）：请重新取数。")


def _step(
    home: Home, vault: Vault, letter: str, pull: str, step: str, new: str, *, note: str = "", action: str = ""
) -> State:
    with decisions_lock(home):
        before = state_of(home, vault, letter, pull)
        head = record(home, vault, action or step, letter=letter, pull=pull, state=new)
        done = {
            "step": step,
            "who": who(),
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "note": note,
            "figures_sha256": _sha256(home.replies / letter / pull / MACHINE),
            "audit": asdict(head),
        }
        after = State(letter, pull, new, [*before.steps, done])
        write_sealed(_path(home, letter, pull), vault, asdict(after))
        return after


def _path(home: Home, letter: str, pull: str) -> Path:
    return home.replies / letter / f"{pull}.state.json"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
