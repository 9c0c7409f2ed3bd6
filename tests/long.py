"""How much of a long test runs: a sample in `make test`, all of it in `make test-long` (REENTRY_LONG=1)."""

from __future__ import annotations

import os


def sample(small: int, full: int) -> int:
    """The number of rounds, files or moments that a long test runs."""
    return full if os.environ.get("REENTRY_LONG") == "1" else small
