"""Decisions about replies: each is judged, put on the audit log and written under one lock.

A decision is a step of a pull, or an allowance. First the signed files that it changes are written beside their places,
then the log gets an entry with their hashes, then they are moved into place: the entry is what counts. After a kill
before it nothing has happened; after a kill behind it the next one who takes the lock moves the files. So the log says
at any time what every file has to be; one that is missing, older or other is not believed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reentry.account import SYSTEM, Account, system_user
from reentry.audit import RECOVER, current_head, decisions, record_decision
from reentry.audit_head import Head
from reentry.errors import ReentryError
from reentry.replies.manifest import manifest_hash, manifest_of
from reentry.replies.sealed import DRAFT_SUFFIX, decisions_lock, draft_of, file_hash, read_sealed, write_draft
from reentry.store import Home, fsync_folder
from reentry.vault import Vault

STATE_SUFFIX = ".state.json"
SUPERSEDED, DELETED = "superseded", "deleted"
LOST = "lost"  # in place of a pack's hash: gone, and put on record so
# actions that are entered with the new state of a pull
OF_PULLS = ("pull", "submit", "recall", "return", "release", "delete")
ROOTS = ("adopt", "recover")  # entries that say anew where everything stands

Pull = tuple[str, str]  # letter and pull


@dataclass
class Register:
    """Where everything stands as the log says: states of pulls, hashes of signed files and of packs."""

    states: dict[Pull, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)  # letter/file → SHA-256
    packs: dict[Pull, str] = field(default_factory=dict)
    entries: dict[Pull, int] = field(default_factory=dict)  # the number of the last entry about a pull
    earlier: dict[str, set[str]] = field(default_factory=dict)  # letter/file → what it was before
    has_hashes: bool = False  # a log of 0.1.0 says none

    def add(self, entry: dict[str, Any]) -> None:
        """Takes an entry of the log into account."""
        about = entry["about"]
        if entry["action"] in ROOTS:
            self.states = {(letter, pull): state for letter, pull, state, _ in about["pulls"]}
            self.packs = {(letter, pull): pack for letter, pull, _, pack in about["pulls"]}
            self.entries = dict.fromkeys(self.states, entry["n"])
            self.signed = dict(about["signed"])
            return
        letter = about["letter"]
        for pull, state in states_in(about):
            self.states[letter, pull], self.entries[letter, pull] = state, entry["n"]
        if "pack" in about:
            self.packs[letter, about["pull"]] = about["pack"]
        for name, sha256 in about.get("signed", {}).items():
            place = f"{letter}/{name}"
            if place in self.signed:
                self.earlier.setdefault(place, set()).add(self.signed[place])
            self.signed[place] = sha256


def states_in(about: dict[str, Any]) -> list[tuple[str, str]]:
    """The pulls that an entry gives a new state, each with it."""
    if "pull" not in about:
        return []
    return [(about["pull"], about["state"]), *((pull, SUPERSEDED) for pull in about.get("supersedes", ()))]


def register_of(entries: Iterable[dict[str, Any]]) -> Register:
    """What entries of the log say of replies, oldest first, those of 0.1.0 too, which say no hashes."""
    register = Register()
    for entry in entries:
        about = entry["about"]
        register.has_hashes |= "previous" in entry
        if "previous" in entry or (entry["action"] in OF_PULLS and "state" in about):
            register.add(entry)
    return register


@contextlib.contextmanager
def deciding(home: Home, vault: Vault) -> Iterator[Register]:
    """Holds the lock of decisions; gives what the log says, after what a killed decision left has been finished.

    ReentryError when the log cannot be believed.
    """
    from reentry.replies.recovery import adopt

    with decisions_lock(home):
        entries = decisions(home, vault)
        if entries is None:
            adopt(home, vault)
            entries = decisions(home, vault)
        register = register_of(entries or [])
        finish(home, register)
        yield register


def decide(
    home: Home,
    vault: Vault,
    account: Account,
    action: str,
    letter: str,
    files: dict[str, Any],
    about: dict[str, Any],
    *,
    pack: tuple[str, Path] | None = None,
) -> Head:
    """Takes a decision, under ``deciding``: enters it in the log and writes ``files``, signed, into the folder.

    ``pack``: a new pull and the folder that becomes its pack. What an error leaves, ``finish`` judges by the log.
    """
    folder = home.replies / letter
    signed = {name: write_draft(folder / name, vault, said) for name, said in files.items()}
    more = {"pack": manifest_hash(manifest_of(pack[1]))} if pack else {}
    head = record_decision(home, vault, account, action, {"letter": letter, **about, **more, "signed": signed})
    if pack:
        pack[1].rename(folder / pack[0])
    for name in files:
        draft_of(folder / name).replace(folder / name)
    fsync_folder(folder)
    return head


def finish(home: Home, register: Register) -> list[str]:
    """Moves into place what a killed decision left; removes what was not decided. Says what was finished."""
    done = []
    for draft in sorted(home.replies.glob(f"*/.*{DRAFT_SUFFIX}")):
        path = draft.with_name(draft.name[1 : -len(DRAFT_SUFFIX)])
        if register.signed.get(f"{path.parent.name}/{path.name}") != file_hash(draft):
            draft.unlink()
            continue
        if path.name.endswith(STATE_SUFFIX):
            _finish_pack(path.parent, path.name.removesuffix(STATE_SUFFIX), register)
        draft.replace(path)
        fsync_folder(path.parent)
        done.append(f"{path.parent.name}/{path.name}")
    for (letter, pull), state in register.states.items():
        if state == DELETED and (home.replies / letter / pull).exists():
            remove(home.replies / letter / pull)
    return done


def _finish_pack(folder: Path, pull: str, register: Register) -> None:
    wanted = register.packs.get((folder.name, pull))
    for draft in folder.glob(f".{pull}.*"):
        if draft.is_dir() and not (folder / pull).exists() and manifest_hash(manifest_of(draft)) == wanted:
            draft.rename(folder / pull)


def signed_file(home: Home, vault: Vault, register: Register, place: str) -> Any:
    """What a signed file says, None where there is none and has to be none. ``place``: letter/file.

    ReentryError when it is not as the log says.
    """
    path, wanted = home.replies / place, register.signed.get(place)
    said = read_sealed(path, vault)
    if wanted is None and said is None:
        return None
    if wanted is None:
        raise ReentryError(f"{place} 在操作日志中没有记录，不予采用：请保全现场并报告负责人，再把它移出 replies 目录。")
    if said is None:
        raise ReentryError(f"{place} 被删除，操作日志里有它：{RECOVER}")
    if file_hash(path) != wanted:
        kind = "被换成了旧的" if file_hash(path) in register.earlier.get(place, ()) else "被替换"
        raise ReentryError(f"{place} {kind}，与操作日志不符：{RECOVER}")
    return said


def freeze(folder: Path) -> None:
    """Makes a pack read-only: files 0440, folders 0550."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o550 if path.is_dir() else 0o440)


def remove(folder: Path) -> None:
    """Removes a pack or its draft, read-only or not."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o750)
    shutil.rmtree(folder)


def system_account() -> Account:
    """The account of what the program does by itself."""
    return Account(system_user(), SYSTEM, (system_user(),))


def anchor(home: Home, vault: Vault) -> dict[str, Any]:
    """The head of the log, to be kept with a step."""
    head = current_head(home, vault)
    return {"entries": head.entries, "size": head.size, "seal": head.seal}
