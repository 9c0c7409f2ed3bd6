"""The head of the audit log: how far the log goes, and how its last entry ends; signed, and kept in several places.

``<home>/audit/head.json`` is written with every entry. Whoever can write there can put an old copy of log and head
back, so further heads are kept where that does not reach: with each published version, in the file
``audit_head_copy``, to which every head is added as a line, and with the command ``audit_head_command``, which gets
each day's head.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reentry.errors import ReentryError, UsageError
from reentry.store import Home, fsync_folder
from reentry.vault import Vault

AUDIT_KEY = "audit"
START = "0" * 64
VERSION_HEAD = "audit_head.json"  # in the folder of a published version
COMMAND_SECONDS = 30
RETRY_SECONDS = 600
LONGEST_LINE = 65536


@dataclass(frozen=True)
class Head:
    """How far the log goes: entries, bytes, and the seal of the last entry.

    ``decision`` is the number of the last decision about a reply and where its line begins; (0, 0) when there is none,
    None in a log of 0.1.0, which does not say.
    """

    entries: int
    size: int
    seal: str
    decision: tuple[int, int] | None = None


def sign(vault: Vault, said: dict[str, Any]) -> str:
    """HMAC-SHA256 of a document without its member ``seal``."""
    unsigned = {name: value for name, value in said.items() if name != "seal"}
    text = json.dumps(unsigned, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.new(bytes.fromhex(vault.key(AUDIT_KEY)), text.encode(), hashlib.sha256).hexdigest()


def head_text(vault: Vault, head: Head, **more: str) -> str:
    """A head as one line of JSON, signed; ``more`` is said beside it, unsigned."""
    said = {"entries": head.entries, "size": head.size, "seal": head.seal, "sealed": _sign_head(vault, head)}
    return json.dumps(said | ({} if head.decision is None else {"decision": list(head.decision)}) | more)


def parse_head(vault: Vault, text: bytes | str) -> Head | None:
    """The head that a text says; None when it is none, or not signed with the key of this home."""
    try:
        said = json.loads(text)
        head = Head(
            said["entries"], said["size"], said["seal"], tuple(said["decision"]) if "decision" in said else None
        )
        return head if hmac.compare_digest(said["sealed"], _sign_head(vault, head)) else None
    except (ValueError, KeyError, TypeError):
        return None


def head_path(home: Home) -> Path:
    """Where the head lies that goes with the log."""
    return home.path / "audit" / "head.json"


def read_head(home: Home, vault: Vault) -> Head | None:
    """The head; None when it is missing or not sound."""
    try:
        return parse_head(vault, head_path(home).read_bytes())
    except OSError:
        return None


def write_head(home: Home, vault: Vault, head: Head) -> None:
    """Replaces the head, whole and lasting."""
    path = head_path(home)
    draft = path.with_name(".head.new")  # written under the lock of the log: one at a time, none is left behind
    with draft.open("w", encoding="ascii") as file:
        file.write(head_text(vault, head))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    fsync_folder(path.parent)


def version_heads(home: Home, vault: Vault) -> list[tuple[str, Head | None]]:
    """The heads kept with published versions, each with where; None for one that is not sound."""
    files = sorted(home.published.glob(f"[!.]*/{VERSION_HEAD}")) if home.published.is_dir() else []
    return [
        (f"已发布版本 {file.parent.name}", parse_head(vault, file.read_bytes()))
        for file in files
        if not file.parent.is_symlink()
    ]


def keep_head(home: Home, folder: Path) -> None:
    """Keeps the head of this moment in the folder of a version that is about to be published."""
    with suppress(FileNotFoundError):
        (folder / VERSION_HEAD).write_bytes(head_path(home).read_bytes())


@contextmanager
def second_copy(path: Path | None, vault: Vault) -> Iterator[Callable[[Head], None]]:
    """Gives what adds a head to the second file, lasting; UsageError at once when that file cannot be written."""
    if path is None:
        yield lambda _: None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    except OSError as error:
        raise UsageError(
            f"操作日志的第二处封条 {path} 不能写入（{error.strerror}），因此不予办理："
            "请恢复该处，或改正 audit_head_copy。"
        ) from error

    def add(head: Head) -> None:
        os.write(descriptor, head_text(vault, head).encode() + b"\n")
        os.fsync(descriptor)

    try:
        yield add
    finally:
        os.close(descriptor)


def last_of_copy(path: Path | None, vault: Vault) -> Head | None:
    """The newest sound head of the second file; None when there is none."""
    if path is None or not path.exists():
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE))
        lines = file.read().splitlines()
    return next((head for line in reversed(lines) if (head := parse_head(vault, line))), None)


def heads_in(path: Path, vault: Vault) -> list[Head | None]:
    """All heads of a file with one a line; None for a line that is none (a last one cut short by a crash is left out).

    UsageError when there is no such file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} 不能读取（{error.strerror}）：请改正路径，或恢复该文件。") from error
    whole, _, _ = content.rpartition(b"\n")
    return [parse_head(vault, line) for line in whole.splitlines()]


def refuse_older(head: Head, kept: Head | None, place: str) -> None:
    """ReentryError when a head that was kept elsewhere knows more of the log than the log does."""
    if kept and (kept.entries > head.entries or (kept.entries == head.entries and kept.seal != head.seal)):
        raise ReentryError(
            f"操作日志只有 {head.entries} 条，{place}记有第 {kept.entries} 条：日志被换成了旧的，不再登记，不予办理。"
            "请从备份恢复 audit 目录；不能恢复时由负责人运行 reentry audit recover --reason-file 说明.txt。"
        )


def to_hand_on(home: Home, vault: Vault, head: Head, day: str) -> None:
    """Puts a day's last head where ``hand_on`` finds it."""
    path = _waiting(home)
    path.write_text(head_text(vault, head, day=day) + "\n", encoding="ascii")
    os.utime(path, (0, 0))


def hand_on(home: Home, command: tuple[str, ...]) -> None:
    """Gives the command the head that waits, on its standard input; when it fails, again after RETRY_SECONDS.

    A failure is said on standard error and by `reentry audit verify`; the entry itself is written.
    """
    path = _waiting(home)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process hands it on
        if time.time() - os.fstat(file.fileno()).st_mtime < RETRY_SECONDS:
            return
        os.utime(path)
        said = file.read()
        without_keys = {name: value for name, value in os.environ.items() if not name.startswith("REENTRY_KEY")}
        try:
            subprocess.run(  # noqa: S603 (the command of the settings, which gets no key)
                command, input=said, env=without_keys, capture_output=True, timeout=COMMAND_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            print(f"reentry: {failed_command(command)}（{type(error).__name__}）。", file=sys.stderr)
            return
        if path.read_bytes() == said:
            path.unlink()


def is_waiting(home: Home) -> bool:
    """Whether a day's head was not handed on, because the command failed."""
    return _waiting(home).exists()


def failed_command(command: tuple[str, ...]) -> str:
    """What is said when the command does not take the head."""
    return f"操作日志的封条没有送出：audit_head_command 的命令 {command[0]} 失败，请检查，之后会再试"


def _waiting(home: Home) -> Path:
    return home.path / "audit" / "to_hand_on.json"


def _sign_head(vault: Vault, head: Head) -> str:
    said: dict[str, Any] = {"entries": head.entries, "size": head.size, "last": head.seal}
    return sign(vault, said if head.decision is None else said | {"decision": list(head.decision)})
