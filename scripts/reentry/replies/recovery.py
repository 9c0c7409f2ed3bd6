"""The states of replies compared with the audit log, both ways; how a log goes on that was cut or damaged.

Nothing here makes a released pull a draft: of a state that is missing, old or changed, what the log says is restored.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reentry.account import Account
from reentry.audit import NONE, read_lines, record_decision, write_entry
from reentry.audit import decisions as read_decisions
from reentry.audit_head import START, Head
from reentry.audit_verify import Flaw, kept_heads, sound_entries, verify
from reentry.errors import ReentryError, UsageError
from reentry.replies import decisions
from reentry.replies.decisions import LOST, STATE_SUFFIX, SUPERSEDED, Register, register_of
from reentry.replies.manifest import manifest_hash, manifest_of
from reentry.replies.past import MACHINE, list_pulls, pull_order
from reentry.replies.sealed import decisions_lock, file_hash, read_sealed, write_draft
from reentry.replies.states import changed_files, checked_text
from reentry.replies.workflow import RELEASED, STATES_ZH, STEPS, State
from reentry.store import Home
from reentry.vault import Vault

ALLOWED = "allowed.json"


def all_flaws(home: Home, vault: Vault, *, given: Path | None = None) -> tuple[list[Flaw], list[str]]:
    """Every flaw of the log, the states and the packs; and what a killed decision had left and was finished first."""
    with decisions_lock(home):
        finished = _finish(home, vault)
        return _flaws(home, vault, given), finished


def recover(home: Home, vault: Vault, account: Account, reason: str) -> int:
    """Lets a damaged log go on, with the reason: what is wrong is put on record and the states are restored.

    Returns the number of the new entry. UsageError when nothing is wrong.
    """
    reason = checked_text(reason, "恢复需要说明理由")
    with decisions_lock(home):
        flaws = _flaws(home, vault, None)
        if not flaws:
            raise UsageError("操作日志和答复的状态完整，无需恢复。")
        return _restart(home, vault, account, reason, flaws)


def adopt(home: Home, vault: Vault) -> None:
    """Puts the states of a home of 0.1.0 on its log, with their hashes; under the lock of decisions.

    Of two released pulls of a letter, which a kill could leave there, the older one is superseded.
    ReentryError when log and states do not agree.
    """
    flaws = _flaws(home, vault, None)
    if flaws:
        raise ReentryError(
            f"本目录由 0.1.0 版生成，其操作日志或答复状态有 {len(flaws)} 处问题（{flaws[0].text}），因此不予办理："
            "请运行 reentry audit verify 查看，从备份恢复；不能恢复时由负责人运行 reentry audit recover。"
        )
    account = decisions.system_account()
    states, drafts = _raw_states(home, vault), dict[str, str]()
    for newer, older in _twins(states):
        note = f"由 {newer.pull} 取代"
        step = {"step": "supersede", **account.signed(), "at": newer.steps[-1]["at"], "note": note}
        key = (older.letter, older.pull)
        states[key] = State(older.letter, older.pull, SUPERSEDED, [*older.steps, step])
        drafts |= _draft(home, vault, states[key])
    for folder in home.replies.glob("[!.]*/"):
        for pull in list_pulls(home, folder.name):
            if (folder.name, pull) not in states:  # 0.1.0 was killed before it put the pull on record
                states[folder.name, pull] = State(folder.name, pull)
                drafts |= _draft(home, vault, states[folder.name, pull])
    record_decision(home, vault, account, "adopt", _whereabouts(home, vault, states, Register(), drafts))
    _finish(home, vault)


def _restart(home: Home, vault: Vault, account: Account, reason: str, flaws: list[Flaw]) -> int:
    found = {"reason": reason, "flaws": len(flaws), "found": [flaw.text for flaw in flaws[:20]]}

    def restart(content: bytes) -> tuple[Head, dict[str, Any]]:
        lines = content.splitlines()
        entries = sound_entries(vault, lines)
        register = register_of(entries)
        states, on_disk = _restored(home, vault, entries), _raw_states(home, vault)
        drafts = _ended_allowances(home, vault, register)
        for key, state in states.items():
            drafts |= _draft(home, vault, state) if on_disk.get(key) != state else {}
        kept = [head.entries for _, head in kept_heads(home, vault)[0]]
        kept += [head.entries for _, head in _anchors(states)]
        last = max([*(e["n"] for e in entries), *kept, len(lines)], default=0)
        log = {"log_bytes": len(content), "log_sha256": hashlib.sha256(content).hexdigest()}
        about = _whereabouts(home, vault, states, register, drafts) | found | log
        return Head(last, len(content), entries[-1]["seal"] if entries else START, NONE), about

    number = write_entry(home, vault, account, "recover", {}, is_decision=True, restart=restart).entries
    _finish(home, vault)
    return number


def _ended_allowances(home: Home, vault: Vault, register: Register) -> dict[str, str]:
    """Drafts that end all allowances of a file that is not as the log says: they are given anew."""
    drafts = {}
    for place, wanted in register.signed.items():
        path = home.replies / place
        if place.endswith(f"/{ALLOWED}") and file_hash(path) != wanted:
            try:
                there = read_sealed(path, vault) or []
            except ReentryError:
                there = []
            ended = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            drafts[place] = write_draft(path, vault, [e | {"withdrawn_at": e["withdrawn_at"] or ended} for e in there])
    return drafts


def _finish(home: Home, vault: Vault) -> list[str]:
    """Finishes what a killed decision left, where the log can be believed."""
    try:
        entries = read_decisions(home, vault)
    except ReentryError:
        return []
    return decisions.finish(home, register_of(entries)) if entries is not None else []


def _flaws(home: Home, vault: Vault, given: Path | None) -> list[Flaw]:
    raw = _raw_states(home, vault)
    about_replies = [line for line in read_lines(home) if b'"previous"' in line or b'"state"' in line]
    register = register_of(sound_entries(vault, about_replies))
    return [*verify(home, vault, _anchors(raw), given=given), *_state_flaws(home, vault, register)]


def _anchors(states: dict[tuple[str, str], State]) -> list[tuple[str, Head]]:
    return [
        (f"答复 {state.letter} 取数 {state.pull}", Head(**step["audit"]))
        for state in states.values()
        for step in state.steps
        if "audit" in step
    ]


def _state_flaws(home: Home, vault: Vault, register: Register) -> list[Flaw]:
    """What is wrong with states, allowances and packs: gone, rolled back, changed, or added."""
    flaws = []
    for (letter, pull), state in register.states.items():
        n = register.entries[letter, pull]
        said = f"答复 {letter} 取数 {pull}（第 {n} 条记为“{STATES_ZH[state]}”）"
        path = home.replies / letter / f"{pull}{STATE_SUFFIX}"
        wanted = register.signed.get(f"{letter}/{path.name}")
        flaws += [Flaw(n, "state", f"{said}{w}") for w in _wrong_state(vault, path, wanted, state, register)]
        flaws += [Flaw(n, "pack", f"{said}{w}") for w in _wrong_pack(home, vault, register, letter, pull)]
    for place in register.signed:
        if not place.endswith(STATE_SUFFIX):
            path = home.replies / place
            wrong = _wrong_file(vault, path, register.signed[place], register)
            flaws += [Flaw(0, "state", f"{place} {w}") for w in wrong]
    return flaws + _added(home, register)


def _wrong_state(vault: Vault, path: Path, wanted: str | None, state: str, register: Register) -> list[str]:
    if wanted is not None:
        return _wrong_file(vault, path, wanted, register)
    try:
        said = read_sealed(path, vault)  # an entry of 0.1.0, which has no hash
    except ReentryError:
        return ["的状态被改动"]
    return [] if said and said["state"] == state else ["的状态被删除" if said is None else "的状态与日志不符"]


def _wrong_file(vault: Vault, path: Path, wanted: str, register: Register) -> list[str]:
    if not path.exists():
        return ["的状态被删除"]
    if file_hash(path) == wanted:
        return []
    try:
        read_sealed(path, vault)
    except ReentryError:
        return ["的状态被改动"]
    is_old = file_hash(path) in register.earlier.get(f"{path.parent.name}/{path.name}", ())
    return ["的状态被换成了旧的" if is_old else "的状态与日志不符"]


def _wrong_pack(home: Home, vault: Vault, register: Register, letter: str, pull: str) -> list[str]:
    wanted = register.packs.get((letter, pull))
    folder = home.replies / letter / pull
    if wanted == LOST:
        return []
    if not folder.is_dir():
        return ["的文件夹被删除"]
    if wanted is None or manifest_hash(manifest_of(folder)) == wanted:
        return []
    try:
        said = read_sealed(home.replies / letter / f"{pull}{STATE_SUFFIX}", vault)
    except ReentryError:
        said = None
    names = changed_files(home, register, State(**said) if said else State(letter, pull)).values()
    return [f"的文件被改动（{'、'.join(names)}）"]


def _added(home: Home, register: Register) -> list[Flaw]:
    flaws = []
    for folder in sorted(home.replies.glob("[!.]*/")):
        for pull in list_pulls(home, folder.name):
            is_state_there = (folder / f"{pull}{STATE_SUFFIX}").exists()
            if (folder.name, pull) not in register.states and (register.has_hashes or is_state_there):
                flaws.append(Flaw(0, "pack", f"答复 {folder.name} 取数 {pull} 的文件夹在日志中没有记录"))
        for path in sorted(folder.glob("[!.]*.json")):
            pull = path.name.removesuffix(STATE_SUFFIX)
            place = f"{folder.name}/{path.name}"
            is_known = place in register.signed or (folder.name, pull) in register.states
            if not is_known and (path.name != ALLOWED or register.has_hashes):
                flaws.append(Flaw(0, "state", f"{place} 在日志中没有记录"))
    return flaws


def _raw_states(home: Home, vault: Vault) -> dict[tuple[str, str], State]:
    """The states on disk whose signatures hold."""
    found = {}
    for path in sorted(home.replies.glob(f"[!.]*/[!.]*{STATE_SUFFIX}")):
        try:
            said = read_sealed(path, vault)
        except ReentryError:
            continue
        found[path.parent.name, path.name.removesuffix(STATE_SUFFIX)] = State(**said)
    return found


def _twins(states: dict[tuple[str, str], State]) -> list[tuple[State, State]]:
    """Released pulls of a letter beside a newer released one: (newest, older)."""
    out = []
    for letter in sorted({letter for letter, _ in states}):
        released = [s for (name, _), s in states.items() if name == letter and s.state == RELEASED]
        released.sort(key=lambda s: pull_order(s.pull))
        out += [(released[-1], older) for older in released[:-1]]
    return out


def _restored(home: Home, vault: Vault, entries: list[dict[str, Any]]) -> dict[tuple[str, str], State]:
    """The state of every pull that is known: that on disk, or what the log says where it says more."""
    on_disk = _raw_states(home, vault)
    by_log: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        about = entry["about"]
        if entry["action"] not in decisions.OF_PULLS or "state" not in about:
            continue
        by = {name: entry[name] for name in ("who", "way", "logins") if name in entry}
        for pull, state in decisions.states_in(about):
            name = "supersede" if state == SUPERSEDED else entry["action"]
            step = {"step": name, **by, "at": f"{entry['at'][:19]}Z", "note": ""}
            by_log.setdefault((about["letter"], pull), []).append(step)
    restored = dict(on_disk)
    for (letter, pull), steps in by_log.items():
        there = on_disk.get((letter, pull))
        if there is None or len(there.steps) < len(steps):
            kept = there.steps if there else []
            restored[letter, pull] = State(letter, pull, STEPS[steps[-1]["step"]].after, [*kept, *steps[len(kept) :]])
    return restored


def _whereabouts(
    home: Home, vault: Vault, states: dict[tuple[str, str], State], register: Register, drafts: dict[str, str]
) -> dict[str, Any]:
    """What an entry says that begins anew: states of pulls, hashes of signed files and of packs."""
    signed: dict[str, str] = {}
    pulls: list[list[str]] = []
    for (letter, pull), state in sorted(states.items()):
        name = f"{letter}/{pull}{STATE_SUFFIX}"
        signed[name] = drafts.get(name) or file_hash(home.replies / name)
        folder = home.replies / letter / pull
        there = manifest_hash(manifest_of(folder)) if (folder / MACHINE).exists() else LOST
        pulls.append([letter, pull, state.state, register.packs.get((letter, pull), there) if there != LOST else LOST])
    for path in sorted(home.replies.glob(f"[!.]*/{ALLOWED}")):
        try:
            read_sealed(path, vault)
        except ReentryError:
            continue
        signed[f"{path.parent.name}/{ALLOWED}"] = file_hash(path)
    signed |= drafts
    return {"pulls": pulls, "signed": signed}


def _draft(home: Home, vault: Vault, state: State) -> dict[str, str]:
    """Writes a state beside its place, to be moved there when it is on the log: its place and hash."""
    place = f"{state.letter}/{state.pull}{STATE_SUFFIX}"
    return {place: write_draft(home.replies / place, vault, asdict(state))}
