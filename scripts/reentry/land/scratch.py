"""Scratch for one file: bytes that DuckDB reads by a path and that nobody finds after the process, however it ends."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

IN_MEMORY_BYTES = 256 << 20


class Scratch:
    """A nameless file: in memory while small, else on disk without a folder entry.

    ``kill -9`` leaves nothing of it. Where the system has no ``/proc/self/fd`` it has a name until it is closed, in the
    folder that the next run empties.
    """

    def __init__(self, folder: Path, expected_bytes: int) -> None:
        """``folder`` is where a file of more than IN_MEMORY_BYTES goes."""
        self._named: Path | None = None
        self._is_open = True
        self.size = 0
        if expected_bytes <= IN_MEMORY_BYTES and hasattr(os, "memfd_create"):
            self.descriptor = os.memfd_create("landing")
            self.path = f"/proc/self/fd/{self.descriptor}"
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = f"/proc/self/fd/{self.descriptor}"
        if Path(self.path).exists():
            Path(name).unlink()
        else:
            self.path, self._named = name, Path(name)

    @classmethod
    def of(cls, descriptor: int, size: int) -> Scratch:
        """The scratch of another process, taken over with its open file."""
        made = cls.__new__(cls)
        made._named, made._is_open, made.size = None, True, size
        made.descriptor, made.path = descriptor, f"/proc/self/fd/{descriptor}"
        return made

    def write(self, data: bytes) -> None:
        """Appends."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self.descriptor, view, self.size)
            self.size += written
            view = view[written:]

    def read(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end."""
        parts = []
        while length > 0 and (part := os.pread(self.descriptor, length, start)):
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Gives the bytes back; once is enough."""
        if not self._is_open:
            return
        self._is_open = False
        os.close(self.descriptor)
        if self._named is not None:
            self._named.unlink(missing_ok=True)

    def __del__(self) -> None:
        """As ``close``: a run that fails leaves scratch behind on its way out."""
        self.close()
