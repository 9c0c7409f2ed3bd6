"""The steps of pulls, each judged (``workflow``) and taken under one lock.

The state lies beside the pull's folder, signed, with every step, and the audit log has its hash (``decisions``); a
released pull never changes again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reentry.account import Account
from reentry.audit_head import Head
from reentry.errors import ReentryError, UsageError
from reentry.replies import decisions
from reentry.replies.decisions import DELETED, STATE_SUFFIX, Register, deciding, signed_file
from reentry.replies.manifest import differences, manifest_hash, manifest_of
from reentry.replies.past import MACHINE, list_pulls, pull_order
from reentry.replies.sealed import file_hash
from reentry.replies.workflow import (
    DRAFT,
    OUT,
    RELEASED,
    STEPS,
    State,
    check_can_delete,
    check_can_recall,
    check_can_release,
    check_can_send_back,
    check_can_submit,
)
from reentry.store import Home
from reentry.vault import Vault

LONGEST_NOTE = 2000  # characters


@dataclass(frozen=True)
class Listed:
    """A pull in a list: its state as the log says; ``flaw`` says why its files cannot be believed, if they cannot."""

    state: State
    flaw: str = ""


def state_of(home: Home, vault: Vault, letter: str, pull: str) -> State:
    """The state of a pull; UsageError when there is no such pull, ReentryError when it is not as the log says."""
    with deciding(home, vault) as register:
        return read_state(home, vault, register, letter, pull)


def list_states(home: Home, vault: Vault) -> list[Listed]:
    """All pulls of all letters; one whose files cannot be believed is there, with the sentence that says so."""
    with deciding(home, vault) as register:
        return [_listed(home, vault, register, letter, pull) for letter, pull in _all_pulls(home, register)]


def all_states(home: Home, vault: Vault) -> list[State]:
    """The states of all pulls of all letters."""
    return [listed.state for listed in list_states(home, vault)]


def cited_by_others(home: Home, vault: Vault) -> set[tuple[str, str]]:
    """The pulls, by letter and name, that other letters cite as printed before: no draft that nobody handed in."""
    return {(s.letter, s.pull) for s in all_states(home, vault) if s.state not in (DRAFT, DELETED)}


def seen_now(home: Home, vault: Vault, letter: str) -> dict[str, Any]:
    """What the public version of a new pull rests on: which pulls are out, and what is allowed for its letter.

    UsageError when a pull that is out is not whole: then nobody knows what it has shown.
    """
    with deciding(home, vault) as register:
        for (out, pull), state in register.states.items():
            wanted = register.packs.get((out, pull))
            if (
                state in OUT
                and wanted not in (None, decisions.LOST)
                and not (home.replies / out / pull / MACHINE).exists()
            ):
                raise UsageError(
                    f"已审签的答复 {out} 取数 {pull} 的文件不见了，不能判断哪些数已经公开，因此不能取数：请从备份恢复。"
                )
        return _seen(register, letter)


def next_pull(home: Home, vault: Vault, letter: str, known_at: date) -> str:
    """``2025-06-19-1``: the day the figures are known at, and a number that no pull on the log has or had."""
    with deciding(home, vault) as register:
        names = [*list_pulls(home, letter), *(pull for name, pull in register.states if name == letter)]
    numbers = [pull_order(name)[1] for name in names if name.startswith(f"{known_at}-")]
    return f"{known_at}-{max(numbers, default=0) + 1}"


def begin(
    home: Home,
    vault: Vault,
    letter: str,
    pull: str,
    draft: Path,
    *,
    account: Account,
    seen: dict[str, Any] | None = None,
) -> State:
    """Moves a finished draft to its place as a new pull, and puts on record who made it.

    UsageError when there is such a pull already, or when what it rests on (``seen_now``) has changed meanwhile.
    """
    with deciding(home, vault) as register:
        is_there = (letter, pull) in register.states or (home.replies / letter / pull).exists()
        if is_there or seen not in (None, _seen(register, letter)):
            decisions.remove(draft)
        if is_there:
            raise UsageError(f"取数 {pull} 刚由他人生成，不会覆盖：请再取一次。")
        if not draft.exists():
            raise UsageError("取数期间有答复审签或公开许可变动，公开版要重新判断：请再取一次。")
        state = State(letter, pull, DRAFT, [_step(home, vault, account, "pull", draft, files=manifest_of(draft))])
        about = {"pull": pull, "state": DRAFT}
        decisions.decide(home, vault, account, "pull", letter, {_file(pull): asdict(state)}, about, pack=(pull, draft))
        return state


def submit(home: Home, vault: Vault, letter: str, pull: str, *, account: Account) -> State:
    """Hands a draft in for release; UsageError when it is none, or a file is not as it was pulled."""
    with deciding(home, vault) as register:
        state, _ = _letter_states(home, vault, register, letter, pull)
        check_can_submit(state)
        _refuse_changed(home, register, state)
        return _take(home, vault, account, "submit", state)


def recall(home: Home, vault: Vault, letter: str, pull: str, *, account: Account) -> State:
    """Takes a submitted pull back to draft; UsageError when the account did not prepare it, or it is decided."""
    with deciding(home, vault) as register:
        state, _ = _letter_states(home, vault, register, letter, pull)
        check_can_recall(state, account)
        return _take(home, vault, account, "recall", state)


def delete(home: Home, vault: Vault, letter: str, pull: str, *, account: Account) -> State:
    """Deletes a draft; what was done with it stays on the log, and its number is not used again.

    UsageError unless it is a draft that the account made.
    """
    with deciding(home, vault) as register:
        state, _ = _letter_states(home, vault, register, letter, pull)
        check_can_delete(state, account)
        done = _take(home, vault, account, "delete", state)
        decisions.remove(home.replies / letter / pull)
        return done


def send_back(home: Home, vault: Vault, letter: str, pull: str, note: str, *, account: Account) -> State:
    """Sends a submitted pull back with the reason; UsageError when the account prepared it, or it is not submitted."""
    note = checked_text(note, "退回需要说明理由")
    with deciding(home, vault) as register:
        state, _ = _letter_states(home, vault, register, letter, pull)
        check_can_send_back(state, account)
        return _take(home, vault, account, "return", state, note=note)


def release(home: Home, vault: Vault, letter: str, pull: str, *, account: Account) -> State:
    """Releases a submitted pull; the one released before is superseded by the same decision.

    UsageError when the account prepared it, when it is not submitted, a file was changed, a newer one is out, or what
    went out since it was pulled would give a withheld number of one of them away.
    """
    from reentry.replies.released_since import check_gives_nothing_away

    with deciding(home, vault) as register:
        state, others = _letter_states(home, vault, register, letter, pull)
        check_can_release(state, account, others)
        _refuse_changed(home, register, state)
        out = [key for key, stands in register.states.items() if stands in OUT]
        check_gives_nothing_away(home, vault, state, [read_state(home, vault, register, *key) for key in out])
        decisions.freeze(home.replies / letter / pull)
        return _take(home, vault, account, "release", state, supersedes=[o for o in others if o.state == RELEASED])


def anchors(home: Home, vault: Vault) -> list[tuple[str, Head]]:
    """The heads of the audit log that steps of pulls keep, each with where it is kept."""
    return [
        (f"答复 {state.letter} 取数 {state.pull}", Head(**step["audit"]))
        for state in all_states(home, vault)
        for step in state.steps
        if "audit" in step
    ]


def changed_files(home: Home, register: Register, state: State) -> dict[str, str]:
    """The files of a pull that are other, missing or more than at the pull: name → what is said of it."""
    folder = home.replies / state.letter / state.pull
    now = manifest_of(folder)
    then = _files_at_pull(state, folder, now)
    said = differences(then, now)
    wanted = register.packs.get((state.letter, state.pull))
    if not said and wanted not in (None, decisions.LOST, manifest_hash(now)):
        said[MACHINE] = MACHINE
    return said


def checked_text(text: str, missing: str) -> str:
    """A note, a reason or a name without space around it; UsageError when there is none, or too much of it."""
    text = text.strip()
    if not text:
        raise UsageError(f"{missing}：请填写。")
    if len(text) > LONGEST_NOTE:
        raise UsageError(f"说明有 {len(text)} 个字，最多 {LONGEST_NOTE} 个字：请缩短。")
    return text


def read_state(home: Home, vault: Vault, register: Register, letter: str, pull: str) -> State:
    """As ``state_of``, under ``deciding``."""
    if (letter, pull) not in register.states and pull not in list_pulls(home, letter):
        raise UsageError(f"答复 {letter} 没有取数 {pull}：现有 {'、'.join(list_pulls(home, letter)) or '无'}。")
    said = signed_file(home, vault, register, f"{letter}/{_file(pull)}")
    if said is None:
        raise ReentryError(
            f"答复 {letter} 取数 {pull} 在操作日志中没有记录，不予办理：请保全现场并报告负责人，再移出 replies 目录。"
        )
    return State(**said)


def _letter_states(home: Home, vault: Vault, register: Register, letter: str, pull: str) -> tuple[State, list[State]]:
    """The state of a pull and those of the letter's other pulls; all have to be as the log says."""
    state = read_state(home, vault, register, letter, pull)
    others = [p for name, p in _all_pulls(home, register) if name == letter and p != pull]
    return state, [read_state(home, vault, register, letter, p) for p in others]


def _all_pulls(home: Home, register: Register) -> list[tuple[str, str]]:
    letters = sorted(p.name for p in home.replies.iterdir() if p.is_dir()) if home.replies.is_dir() else []
    found = {(letter, pull) for letter in letters for pull in list_pulls(home, letter)}
    return sorted(found | set(register.states), key=lambda p: (p[0], pull_order(p[1])))


def _listed(home: Home, vault: Vault, register: Register, letter: str, pull: str) -> Listed:
    try:
        state = read_state(home, vault, register, letter, pull)
    except ReentryError as error:
        return Listed(State(letter, pull, register.states.get((letter, pull), DRAFT)), str(error))
    there = (home.replies / letter / pull / MACHINE).exists()
    return Listed(state, "" if there or state.state == DELETED else f"取数 {pull} 的文件不见了：请从备份恢复。")


def _seen(register: Register, letter: str) -> dict[str, Any]:
    out = sorted(pull for pull, state in register.states.items() if state in OUT)
    return {"out": out, "allowed": register.signed.get(f"{letter}/allowed.json")}


def _take(
    home: Home,
    vault: Vault,
    account: Account,
    step: str,
    state: State,
    *,
    note: str = "",
    supersedes: list[State] | None = None,
) -> State:
    """Takes a step, and supersedes other pulls with it, as one decision."""
    folder = home.replies / state.letter
    done = _after(state, step, _step(home, vault, account, step, folder / state.pull, note=note))
    files = {_file(state.pull): asdict(done)}
    about: dict[str, Any] = {"pull": state.pull, "state": done.state}
    if done.state == DELETED:
        about["pack"] = decisions.LOST
    for other in supersedes or []:
        because = f"由 {state.pull} 取代"
        taken = _step(home, vault, account, "supersede", folder / other.pull, note=because)
        files[_file(other.pull)] = asdict(_after(other, "supersede", taken))
        about.setdefault("supersedes", []).append(other.pull)
    decisions.decide(home, vault, account, step, state.letter, files, about)
    return done


def _after(state: State, step: str, taken: dict[str, Any]) -> State:
    return replace(state, state=STEPS[step].after, steps=[*state.steps, taken])


def _step(
    home: Home,
    vault: Vault,
    account: Account,
    step: str,
    folder: Path,
    *,
    note: str = "",
    files: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What a state keeps of a step."""
    return {
        "step": step,
        **account.signed(),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "note": note,
        "figures_sha256": file_hash(folder / MACHINE),
        **({"files": files} if files else {}),
        "audit": decisions.anchor(home, vault),
    }


def _files_at_pull(state: State, folder: Path, now: dict[str, str]) -> dict[str, str]:
    """The hashes written at the pull; of a pull of 0.1.0 those in ``figures.json``, whose own hash was written then."""
    pulled = next((step for step in state.steps if step["step"] == "pull"), {})
    if "files" in pulled:
        return dict(pulled["files"])
    try:
        listed = json.loads((folder / MACHINE).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        listed = {name: sha256 for name, sha256 in now.items() if name != MACHINE}
    return {**listed, MACHINE: pulled.get("figures_sha256") or now.get(MACHINE, "")}


def _refuse_changed(home: Home, register: Register, state: State) -> None:
    changed = changed_files(home, register, state)
    if changed:
        raise UsageError(f"取数 {state.pull} 的文件被改动（{'、'.join(changed.values())}）：请重新取数。")


def _file(pull: str) -> str:
    return f"{pull}{STATE_SUFFIX}"
