"""The files of a pack as they were when it was pulled: names and hashes, and what differs from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

NO_FILE = "-"  # stands for the hash of a link, a folder without files, a pipe


def manifest_of(folder: Path) -> dict[str, str]:
    """Every file below a pack's folder by its path in it, with its SHA-256."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif not path.is_dir() or path.is_symlink() or not any(path.iterdir()):
            found[path.relative_to(folder).as_posix()] = NO_FILE
    return found


def manifest_hash(files: Mapping[str, str]) -> str:
    """One SHA-256 over names and hashes."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The files that are other, missing or more than they were: name → what is said of it."""
    said = {name: f"缺少 {name}" for name in then if name not in now}
    said |= {name: name for name in then if name in now and then[name] != now[name]}
    said |= {name: f"多出 {name}" for name in now if name not in then}
    return dict(sorted(said.items()))
