"""What only ``--debug`` shows."""

from __future__ import annotations

import sys

from reentry.faults import traceback_without_keys


def is_debug() -> bool:
    """Whether the program was started with ``--debug``."""
    return "--debug" in sys.argv


def show_trace(error: BaseException) -> None:
    """Prints the traceback of an error that is dealt with, with ``--debug`` only."""
    if is_debug():
        print(traceback_without_keys(error), file=sys.stderr)
