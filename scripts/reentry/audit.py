"""Who looked at what: an append-only log in which no entry can be changed, removed or moved unnoticed.

``<home>/audit/log.jsonl`` has one entry a line. Each carries its number, the seal of the entry before, and a seal of
its own: an HMAC-SHA256 under a key derived from the home's secret, so that nobody without the secret can make the chain
anew. ``head.json``, signed too, says how many entries there are and how the last one ends, so that the end cannot be
cut off either; where lines stand without a sound head, or do not agree with it, no entry is written. ``audit_head``
says where else heads are kept, ``audit_verify`` what is found.

A decision about a reply is an entry that also says which decision was the one before, and where: all decisions are
read without the rest of the log.

An entry names accounts, commands, figures, windows, letters: never a person from the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from reentry.account import Account, system_user
from reentry.audit_head import (
    START,
    Head,
    hand_on,
    head_path,
    last_of_copy,
    read_head,
    refuse_older,
    second_copy,
    sign,
    to_hand_on,
    version_heads,
    write_head,
)
from reentry.errors import ReentryError, UsageError
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault

ACTIONS = {
    "pull": "取数",
    "view": "查看",
    "trace": "追溯",
    "delete": "删除草稿",
    "export": "导出",
    "hand_in": "报送",
    "submit": "送审",
    "recall": "撤回",
    "release": "审签",
    "return": "退回",
    "allow": "准予公开",
    "refuse": "拒绝",
    "adopt": "接管旧版日志",
    "recover": "恢复",
}
NONE = (0, 0)  # the place of a decision where there is none
RECOVER = (
    "请保全现场，运行 reentry audit verify 查看，从备份恢复 audit 和 replies 目录；"
    "不能恢复时由负责人运行 reentry audit recover --reason-file 说明.txt。"
)
Restart = Callable[[bytes], tuple[Head, dict[str, Any]]]
USED = ("replies/*/allowed.json", "replies/*/*.state.json", "replies/*/*/figures.json", "published/*/audit_head.json")
BLOCK = 4096


def record(home: Home, vault: Vault, account: Account, action: str, /, **about: Any) -> Head:
    """Adds an entry, lasting when this returns: what was done, by which account.

    Waits for other writers. UsageError or ReentryError when the log cannot be written: then nothing may be looked at.
    """
    return write_entry(home, vault, account, action, about)


def record_decision(home: Home, vault: Vault, account: Account, action: str, about: dict[str, Any]) -> Head:
    """Adds a decision about a reply; ``decisions`` finds it again."""
    return write_entry(home, vault, account, action, about, is_decision=True)


def write_entry(
    home: Home,
    vault: Vault,
    account: Account,
    action: str,
    about: dict[str, Any],
    *,
    is_decision: bool = False,
    restart: Restart | None = None,
) -> Head:
    """As ``record``. ``restart``: says where a damaged log goes on, and what the entry says; only to recover it."""
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    settings = load_settings(home.path)
    try:
        with locked_log(home) as log, second_copy(settings.audit_head_copy, vault) as add_to_copy:
            if restart is None:
                before, last = reached(home, vault, log)
                _refuse_older(home, vault, before, settings.audit_head_copy)
            else:
                (before, about), last = restart(_all_lines(log)), None
            entry = _entry(account, action, about, before, is_decision=is_decision)
            head = _append(vault, log, entry, before)
            write_head(home, vault, head)
            add_to_copy(head)
            if settings.audit_head_command and last is not None and last["at"][:10] < entry["at"][:10]:
                to_hand_on(home, vault, before, last["at"][:10])
    except OSError as error:
        raise UsageError(
            f"操作日志 {error.filename or log_path(home)} 不能写入（{error.strerror}），因此不予查询："
            "请检查目录权限和磁盘空间。"
        ) from error
    if settings.audit_head_command:
        hand_on(home, settings.audit_head_command)
    return head


def entries(home: Home) -> list[dict[str, Any]]:
    """All entries as they stand, oldest first, unread ones left out; ``verify`` says whether they can be believed."""
    return [entry for entry in map(parse_entry, read_lines(home)) if entry is not None]


def decisions(home: Home, vault: Vault) -> list[dict[str, Any]] | None:
    """All decisions about replies, oldest first; None for a log of 0.1.0, which does not say where they are.

    ReentryError when the log does not agree with its head, or a decision is not where the next one says.
    """
    with locked_log(home) as log:
        place = reached(home, vault, log)[0].decision
        if place is None:
            return None
        found = []
        while place != NONE:
            log.seek(place[1])
            entry = parse_entry(log.readline())
            if entry is None or entry["n"] != place[0] or not is_sound(vault, entry) or "previous" not in entry:
                raise ReentryError(f"操作日志第 {place[0]} 条被改动或移动，因此不予办理：{RECOVER}")
            found.append(entry)
            place = tuple(entry["previous"])
    return found[::-1]


def current_head(home: Home, vault: Vault) -> Head:
    """The head as it is now. ReentryError when the log does not agree with it."""
    with locked_log(home) as log:
        return reached(home, vault, log)[0]


def reached(home: Home, vault: Vault, log: IO[bytes]) -> tuple[Head, dict[str, Any] | None]:
    """The head and the last entry, moved on by the one entry that a crash may have left out of the head.

    What a crash left half written is cut off. ReentryError when the log does not agree with its head.
    """
    size = log.seek(0, os.SEEK_END)
    head = read_head(home, vault)
    if head is None:
        if size or head_path(home).exists():
            raise ReentryError(f"操作日志有内容而封条 head.json 缺失或被改动，不再登记，因此不予办理：{RECOVER}")
        if any(any(home.path.glob(pattern)) for pattern in USED):
            raise ReentryError(f"操作日志不见了，而本目录已有答复或发布版本，不再登记，因此不予办理：{RECOVER}")
        head = Head(0, 0, START, NONE)
        write_head(home, vault, head)  # before the first line: lines without a head are refused
        return head, None
    last = _entry_before(log, head.size) if head.entries else None
    if size < head.size or (head.entries and not _ends(vault, last, head)):
        raise ReentryError(f"操作日志与封条不符（应有 {head.entries} 条），不再登记，因此不予办理：{RECOVER}")
    log.seek(head.size)
    whole, _, torn = log.read(size - head.size).rpartition(b"\n")
    if whole:
        head, last = _moved_on(vault, head, whole)
        write_head(home, vault, head)  # before the next line: no more than one entry is ever behind the head
    if torn:
        log.truncate(size - len(torn))
    return head, last


def _moved_on(vault: Vault, head: Head, line: bytes) -> tuple[Head, dict[str, Any]]:
    entry = parse_entry(line)
    follows = entry is not None and (entry["n"], entry["before"]) == (head.entries + 1, head.seal)
    if entry is None or not follows or not is_sound(vault, entry):
        raise ReentryError(f"操作日志在第 {head.entries} 条之后有来历不明的内容，不再登记，因此不予办理：{RECOVER}")
    place = (entry["n"], head.size) if "previous" in entry else head.decision
    return Head(entry["n"], head.size + len(line) + 1, entry["seal"], place), entry


def _ends(vault: Vault, last: dict[str, Any] | None, head: Head) -> bool:
    return last is not None and (last["n"], last["seal"]) == (head.entries, head.seal) and is_sound(vault, last)


def _all_lines(log: IO[bytes]) -> bytes:
    """All that stands in the log, its last line ended."""
    log.seek(0)
    content = log.read()
    if content and not content.endswith(b"\n"):
        log.write(b"\n")
        content += b"\n"
    return content


def _entry_before(log: IO[bytes], end: int) -> dict[str, Any] | None:
    """The entry whose line ends at ``end``."""
    length = BLOCK
    while True:
        start = max(0, end - length)
        log.seek(start)
        block = log.read(end - start)
        before = block.rfind(b"\n", 0, -1)
        if before >= 0 or start == 0:
            return parse_entry(block[before + 1 :]) if block.endswith(b"\n") else None
        length *= 4


def _refuse_older(home: Home, vault: Vault, head: Head, copy: Path | None) -> None:
    refuse_older(head, last_of_copy(copy, vault), "第二处封条")
    for place, kept in version_heads(home, vault)[-1:]:
        refuse_older(head, kept, place)


def _entry(account: Account, action: str, about: dict[str, Any], head: Head, *, is_decision: bool) -> dict[str, Any]:
    by = account.signed()
    logins = by.pop("logins", [])
    entry = {
        "n": head.entries + 1,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        **by,
        "system_user": system_user(),
        **({"logins": logins} if set(logins) - {system_user()} else {}),
        "action": action,
        "about": {name: value for name, value in about.items() if value is not None},
        **({"previous": head.decision or NONE} if is_decision else {}),
        "before": head.seal,
    }
    said: dict[str, Any] = json.loads(json.dumps(entry, default=str))
    return said


def _append(vault: Vault, log: IO[bytes], entry: dict[str, Any], head: Head) -> Head:
    entry["seal"] = sign(vault, entry)
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    start = log.seek(0, os.SEEK_END)
    log.write(line)
    log.flush()
    os.fsync(log.fileno())
    place = (entry["n"], start) if "previous" in entry else head.decision
    return Head(entry["n"], start + len(line), entry["seal"], place)


def is_sound(vault: Vault, entry: dict[str, Any]) -> bool:
    """Whether the seal of an entry is its own."""
    return hmac.compare_digest(entry["seal"], sign(vault, entry))


def parse_entry(line: bytes) -> dict[str, Any] | None:
    """The entry of a line; None when it is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(entry, dict) and {"n", "seal", "before"} <= entry.keys() and isinstance(entry["n"], int)
    return entry if whole and isinstance(entry["seal"], str) else None


def read_lines(home: Home) -> list[bytes]:
    """The lines of the log as they stand."""
    path = log_path(home)
    return path.read_bytes().splitlines() if path.exists() else []


def log_path(home: Home) -> Path:
    """Where the log lies."""
    return home.path / "audit" / "log.jsonl"


@contextlib.contextmanager
def locked_log(home: Home) -> Iterator[IO[bytes]]:
    """The log, open, while no one else writes."""
    folder = log_path(home).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        descriptor = os.open(log_path(home), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as log:
            yield log
