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
from reentry.store import Home, fsync_folder
from reentry.vault import Vault

SEAL_KEY = "replies"


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


def write_sealed(path: Path, vault: Vault, said: Any) -> None:
    """Replaces the file, whole and lasting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"said": said, "seal": _seal(path, vault, said)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    fsync_folder(path.parent)


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
