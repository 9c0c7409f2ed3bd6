"""The files of a published version, and whether they are as publishing left them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from reentry.store import Home

LIST = "files.json"


def list_files(home: Home, folder: Path, build_id: str) -> None:
    """Writes down the hash of each file of a version, and of what it was made from, when it is complete."""
    hashes = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    said = {"files": hashes, "basis": _sha256(home.basis(build_id))}
    (folder / LIST).write_text(json.dumps(said, indent=1) + "\n", encoding="ascii")


def is_whole(home: Home) -> bool:
    """Whether the version in force is there as it was published; one without a list is not."""
    folder = home.current.resolve()
    try:
        said = json.loads((folder / LIST).read_text(encoding="ascii"))
        expected = {folder / name: sha256 for name, sha256 in said["files"].items()}
        expected[home.basis(folder.name)] = said["basis"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return all(path.is_file() and _sha256(path) == sha256 for path, sha256 in expected.items())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
