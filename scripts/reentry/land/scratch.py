"""Scratch for one file: bytes that DuckDB reads by a path and that nobody finds after the process, however it ends."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType

IN_MEMORY_BYTES = 256 << 20


class Scratch:
    """A nameless file: in memory while small, else on disk without a folder entry.

    ``kill -9`` leaves nothing of it. Where the system has no ``/proc/self/fd`` it has a name until it is closed, in the
    folder that the next run empties.
    """

    def __init__(self, folder: Path, expected_bytes: int) -> None:
        """``folder`` is where a file of more than IN_MEMORY_BYTES goes."""
        self._named: Path | None = None
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

    def write(self, data: bytes | memoryview) -> None:
        """Appends."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self.descriptor, view, self.size)
            self.size += written
            view = view[written:]

    def overwrite(self, data: bytes, offset: int) -> None:
        """Replaces bytes that are there."""
        os.pwrite(self.descriptor, data, offset)

    def read(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end."""
        parts = []
        while length > 0 and (part := os.pread(self.descriptor, length, start)):
            parts.append(part)
            start, length = start + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def truncate(self, size: int = 0) -> None:
        """Cuts everything from ``size`` on."""
        os.ftruncate(self.descriptor, size)
        self.size = size

    def close(self) -> None:
        """Gives the bytes back."""
        os.close(self.descriptor)
        if self._named is not None:
            self._named.unlink(missing_ok=True)

    def __enter__(self) -> Scratch:
        """The scratch itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()
