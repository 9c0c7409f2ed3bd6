"""The secret of a home folder and what is derived from it: the storage key and the persons' key."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from reentry.errors import UsageError


@dataclass(frozen=True)
class Vault:
    """One secret; every key in use is an HMAC-SHA256 of its purpose under it."""

    secret: bytes

    def key(self, purpose: str) -> str:
        """The key for a purpose, 64 hexadecimal digits (DuckDB takes ASCII only)."""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).hexdigest()


def open_vault(home: Path, *, create: bool = False) -> Vault:
    """The vault of a home: REENTRY_KEY, the file REENTRY_KEY_FILE, or ``secret.key``.

    The last is made on first use when ``create``, and never where something was encrypted already. UsageError when
    there is no key, or none that can be used.
    """
    if text := os.environ.get("REENTRY_KEY"):
        return Vault(text.encode())
    named = os.environ.get("REENTRY_KEY_FILE")
    path = Path(named) if named else home / "secret.key"
    if not path.exists() and (old := _encrypted(home)) is not None:
        raise UsageError(f"There is no key at {path}, and {old} was made with one: put it back from its safe copy.")
    if not path.exists() and create and not named:
        _write_new(path)
    if not path.exists():
        raise UsageError(f"There is no key at {path}: run `reentry refresh` first, or set REENTRY_KEY_FILE.")
    secret = _read(path).strip()
    if not secret:
        raise UsageError(f"The key file {path} is empty: put the key back from its safe copy.")
    return Vault(secret)


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise UsageError(f"The key {path} is a folder: put the key file back in its place from its safe copy.")
    try:
        return path.read_bytes()
    except PermissionError as error:
        said = f"The key file {path} may not be read by this system user: give it the file (mode 0600)."
        raise UsageError(said) from error


def _encrypted(home: Path) -> Path | None:
    """What a home has that only its key opens, or that is sealed with it; None where there is nothing."""
    places = (
        *("warehouse.duckdb", "published/*/figures.duckdb", "basis/*.duckdb", "audit/log.jsonl"),
        "replies/*/*.state.json",
    )
    return next((path for place in places for path in home.glob(place)), None)


def _write_new(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # another process made the key meanwhile: that one holds
        os.link(draft, path)
    draft.unlink()
