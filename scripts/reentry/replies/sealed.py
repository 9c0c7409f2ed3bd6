"""Small files of a home that say who decided what: JSON under a seal, so that a change by hand is noticed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reentry.errors import ReentryError
from reentry.store import Home
from reentry.vault import Vault

SEAL_KEY = "replies"
DRAFT_SUFFIX = ".next"


def read_sealed(path: Path, vault: Vault) -> Any:
    """What the file says; None when there is none. ReentryError when it was changed by other hands."""
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        said, seal = document["said"], document["seal"]
    except (ValueError, KeyError, TypeError):
        said, seal = None, ""
    if not hmac.compare_digest(str(seal), _seal(path, vault, said)):
        raise ReentryError(f"{path.parent.name}/{path.name} 被改动，与封条不符：请保全现场并报告负责人。")
    return said


def write_draft(path: Path, vault: Vault, said: Any) -> str:
    """Writes what the file will say beside it, lasting; ``draft_of`` is where. Returns its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"said": said, "seal": _seal(path, vault, said)}, ensure_ascii=False, indent=1).encode()
    with draft_of(path).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def draft_of(path: Path) -> Path:
    """Where a file's next content waits until the decision is on the log; only under the lock of decisions."""
    return path.with_name(f".{path.name}{DRAFT_SUFFIX}")


def file_hash(path: Path) -> str:
    """The SHA-256 of a file; nothing where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _seal(path: Path, vault: Vault, said: Any) -> str:
    """The seal covers the place too: a file copied over another does not pass."""
    text = json.dumps([path.parent.name, path.name, said], sort_keys=True)
    return hmac.new(bytes.fromhex(vault.key(SEAL_KEY)), text.encode(), hashlib.sha256).hexdigest()


@contextlib.contextmanager
def decisions_lock(home: Home) -> Iterator[None]:
    """One decision at a time."""
    home.replies.mkdir(parents=True, exist_ok=True)
    with (home.replies / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
