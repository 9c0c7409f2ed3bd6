"""The service's log: where errors came from, in a file of limited size."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from pathlib import Path

FILE = "service.log"  # in the home's folder run
BYTES = 2_000_000


def write(error: BaseException) -> None:
    """Where an error came from, for engineers; not what it says, which may be a cell of a file."""
    sys.stderr.write(f"{type(error).__name__}\n" + "".join(traceback.format_tb(error.__traceback__)))
    sys.stderr.flush()


def keep_small(path: Path, descriptor: int) -> None:
    """Begins the log anew when it is full; what stands in it is kept beside it as ``….1``.

    Nothing happens where ``descriptor`` (opened to append) is another file: a service manager's own log.
    """
    written = os.fstat(descriptor)
    if written.st_size > BYTES and path.exists() and os.path.samestat(path.stat(), written):
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(descriptor, 0)
