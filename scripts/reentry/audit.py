"""Who looked at what: an append-only log in which no entry can be changed, removed or moved unnoticed.

``<home>/audit/log.jsonl`` has one entry a line. Each carries its number, the seal of the entry before, and a seal of
its own: an HMAC-SHA256 under a key derived from the home's secret, so that nobody without the secret can make the chain
anew. ``head.json``, sealed too, says how many entries there are and how the last one ends, so that the end cannot be
cut off either. The head at each step of a reply is kept with it (``anchors``): a log and a head put back together from
an old copy do not agree with that.

An entry names accounts, commands, figures, windows, letters: never a person from the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from reentry.account import ACCOUNT, who
from reentry.errors import UsageError
from reentry.store import Home, fsync_folder
from reentry.vault import Vault

__all__ = ["ACCOUNT", "ACTIONS", "Flaw", "Head", "entries", "record", "verify", "who"]

AUDIT_KEY = "audit"
START = "0" * 64
ACTIONS = {
    "pull": "取数",
    "view": "查看",
    "trace": "追溯",
    "export": "导出",
    "submit": "送审",
    "release": "审签",
    "return": "退回",
    "allow": "准予公开",
    "refuse": "拒绝",
}


@dataclass(frozen=True)
class Head:
    """How far the log goes: entries, bytes, and the seal of the last entry."""

    entries: int
    size: int
    seal: str


@dataclass(frozen=True)
class Flaw:
    """Something that is not as it was written; ``number`` is the entry's."""

    number: int
    kind: str  # changed | removed | moved | cut | head
    text: str


def record(home: Home, vault: Vault, action: str, **about: Any) -> Head:
    """Adds an entry, lasting when this returns: what was done, by the account that asks (else the system's user).

    Waits for other writers. UsageError when the log cannot be written: then nothing may be looked at.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    try:
        with _locked(home) as log:
            return _append(home, vault, log, action, about)
    except PermissionError as error:
        raise UsageError(f"操作日志 {error.filename} 不能写入，因此不予查询：请检查目录权限。") from error


def entries(home: Home) -> list[dict[str, Any]]:
    """All entries as they stand, oldest first, unread ones left out; ``verify`` says whether they can be believed."""
    return [entry for entry in map(_parse, _lines(home)) if entry is not None]


def verify(home: Home, vault: Vault, anchors: list[tuple[str, Head]] | None = None) -> list[Flaw]:
    """Every flaw of the log; none when it is whole. ``anchors`` are heads kept elsewhere, each with where.

    An entry written just before a crash may be missing from the head: it is whole all the same.
    """
    with _locked(home):
        lines, head, is_there = _lines(home), _read_head(home, vault), _head_path(home).exists()
    flaws, seals = _judge_lines(vault, lines)
    if head is None and (lines or is_there):
        flaws.append(Flaw(0, "head", "日志的封条 head.json 缺失或被改动"))
    for place, kept in [("封条", head)] * (head is not None) + list(anchors or []):
        assert kept is not None  # noqa: S101 (only with a head)
        if kept.entries and seals.get(kept.entries) != kept.seal and not _is_named(flaws, kept.entries):
            kind = "cut" if kept.entries > max(seals, default=0) else "changed"
            said = "缺失，日志末尾被删" if kind == "cut" else "被替换"
            flaws.append(Flaw(kept.entries, kind, f"第 {kept.entries} 条{said}（与{place}不符）"))
    return sorted(set(flaws), key=lambda f: (f.number, f.kind))


def _judge_lines(vault: Vault, lines: list[bytes]) -> tuple[list[Flaw], dict[int, str]]:
    """Flaws of the lines, and the seals of the sound entries by number."""
    flaws: list[Flaw] = []
    seals: dict[int, str] = {}
    order: list[int] = []
    links: dict[int, str] = {}
    for position, line in enumerate(lines, 1):
        entry = _parse(line)
        if entry is None or not hmac.compare_digest(entry["seal"], _seal(vault, entry)):
            number = entry["n"] if entry and isinstance(entry.get("n"), int) else position
            flaws.append(Flaw(number, "changed", f"第 {number} 条被改动"))
            order.append(number)
            continue
        if entry["n"] in seals:
            flaws.append(Flaw(entry["n"], "moved", f"第 {entry['n']} 条重复出现"))
            continue
        seals[entry["n"]], links[entry["n"]] = entry["seal"], entry["before"]
        order.append(entry["n"])
    for number in sorted(set(range(1, max(order, default=0) + 1)) - set(order)):
        flaws.append(Flaw(number, "removed", f"第 {number} 条被删除"))
    for before, after in pairwise(order):
        if after < before:
            flaws.append(Flaw(after, "moved", f"第 {after} 条被移到第 {before} 条之后"))
    for number, link in links.items():
        if link != seals.get(number - 1, START if number == 1 else link) and not _is_named(flaws, number - 1):
            flaws.append(Flaw(number - 1, "changed", f"第 {number - 1} 条被替换"))
    return flaws, seals


def _is_named(flaws: list[Flaw], number: int) -> bool:
    return any(f.number == number for f in flaws)


def _append(home: Home, vault: Vault, log: IO[bytes], action: str, about: dict[str, Any]) -> Head:
    head = _caught_up(vault, log, _read_head(home, vault))
    entry: dict[str, Any] = {
        "n": head.entries + 1,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "who": who(),
        "system_user": getpass.getuser(),
        "action": action,
        "about": {name: value for name, value in about.items() if value is not None},
        "before": head.seal,
    }
    entry = json.loads(json.dumps(entry, default=str))
    entry["seal"] = _seal(vault, entry)
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    log.seek(0, os.SEEK_END)
    start = log.tell()
    log.write(line)
    log.flush()
    os.fsync(log.fileno())
    new = Head(entry["n"], start + len(line), entry["seal"])
    _write_head(home, vault, new)
    return new


def _caught_up(vault: Vault, log: IO[bytes], head: Head | None) -> Head:
    """The head, moved on by whole entries that a crash left out of it; what a crash left half written is cut off.

    With neither head nor a sound last entry the chain goes on from what is there: ``verify`` will say so.
    """
    log.seek(0, os.SEEK_END)
    size = log.tell()
    start = head.size if head and head.size <= size else 0
    log.seek(start)
    tail = log.read(size - start)
    whole, _, torn = tail.rpartition(b"\n")
    if torn and head is not None:
        log.truncate(size - len(torn))
    reached = head or Head(0, 0, START)
    for line in whole.split(b"\n") if whole else []:
        entry = _parse(line)
        if entry and entry["n"] > reached.entries and hmac.compare_digest(entry["seal"], _seal(vault, entry)):
            reached = Head(entry["n"], 0, entry["seal"])
    return reached


def _seal(vault: Vault, entry: dict[str, Any]) -> str:
    said = {name: value for name, value in entry.items() if name != "seal"}
    text = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.new(bytes.fromhex(vault.key(AUDIT_KEY)), text.encode(), hashlib.sha256).hexdigest()


def _head_seal(vault: Vault, head: Head) -> str:
    return _seal(vault, {"entries": head.entries, "size": head.size, "last": head.seal})


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(entry, dict) and {"n", "seal", "before"} <= entry.keys() and isinstance(entry["n"], int)
    return entry if whole and isinstance(entry["seal"], str) else None


def _lines(home: Home) -> list[bytes]:
    path = _log_path(home)
    return path.read_bytes().splitlines() if path.exists() else []


def _log_path(home: Home) -> Path:
    return home.path / "audit" / "log.jsonl"


def _head_path(home: Home) -> Path:
    return home.path / "audit" / "head.json"


def _read_head(home: Home, vault: Vault) -> Head | None:
    try:
        said = json.loads(_head_path(home).read_bytes())
        head = Head(said["entries"], said["size"], said["seal"])
        sound = hmac.compare_digest(said["sealed"], _head_seal(vault, head))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return head if sound else None


def _write_head(home: Home, vault: Vault, head: Head) -> None:
    sealed = asdict(head) | {"sealed": _head_seal(vault, head)}
    draft = _head_path(home).with_name(f".head.{os.getpid()}")
    with draft.open("w", encoding="ascii") as file:
        file.write(json.dumps(sealed))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_head_path(home))
    fsync_folder(draft.parent)


@contextlib.contextmanager
def _locked(home: Home) -> Iterator[IO[bytes]]:
    """The log, open, while no one else writes."""
    folder = _log_path(home).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        descriptor = os.open(_log_path(home), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as log:
            yield log
