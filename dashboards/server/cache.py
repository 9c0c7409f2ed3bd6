"""Answers of tiles, kept in memory for as long as the version they were read from is the published one.

A chart asked by twenty viewers is computed once. Nothing has to be invalidated: the version is part of the key.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from flask import Flask
from flask_caching.backends.simplecache import SimpleCache

from server.account_files import scope

ANSWERS_KEPT = 400


class VersionCache(SimpleCache):
    """A cache whose keys hold the published version; an answer is kept only if no version was published meanwhile."""

    def __init__(self, published: Path, **said: Any) -> None:
        """``published``: the folder whose ``current`` links to the version."""
        super().__init__(threshold=ANSWERS_KEPT, **said)
        self._current = published / "current"
        self._asked = threading.local()

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> VersionCache:
        """As Flask-Caching makes one from ``DATA_CACHE_CONFIG``."""
        del app, args, kwargs
        return cls(Path(config["CACHE_PUBLISHED"]), default_timeout=config["CACHE_DEFAULT_TIMEOUT"])

    def get(self, key: str) -> Any:
        """What is kept for a key under the version in force; a miss is remembered with that version."""
        version = self._version()
        found = super().get(f"{version}:{key}")
        if found is None:
            self._asked.missed = (key, version)
        return found

    def set(self, key: str, value: Any, timeout: int | None = None) -> bool | None:
        """Keeps a value, unless another version may have been read than the one in force when it was asked for."""
        version = self._version()
        if getattr(self._asked, "missed", None) != (key, version):
            return False
        kept: bool | None = super().set(f"{version}:{key}", value, timeout)
        return kept

    def _version(self) -> str:
        """The published version, and whose rows of it are read."""
        from superset import security_manager

        return f"{self._current.readlink()} {scope(security_manager)}"
