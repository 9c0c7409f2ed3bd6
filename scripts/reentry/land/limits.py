"""How much of a file is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """A file that would need more is refused (B8)."""

    unpacked_bytes: int = 2 << 30
    rows: int = 2_000_000  # of one sheet, below its header
    memory_mb: int = 1500  # of the process that reads


USUAL = Limits()
