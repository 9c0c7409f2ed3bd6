"""What killed processes left in a home, removed by the next refresh; spill folders go when anything starts."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

_DRAFT = re.compile(r"\..+\.(\d+)")  # .<name>.<process that writes it>


def sweep(home: Path) -> None:
    """Removes drafts of processes that are no more, and all that only a refresh makes; the caller holds its lock."""
    shutil.rmtree(home / "building" / "spill", ignore_errors=True)  # of 0.1.0
    shutil.rmtree(home / "building" / "landing", ignore_errors=True)
    for folder in (home, home / "audit", home / "replies", *(home / "replies").glob("[!.]*/")):
        for path in folder.glob(".*"):
            if (found := _DRAFT.fullmatch(path.name)) and not _lives(int(found[1])) and path.is_file():
                path.unlink(missing_ok=True)
    for draft in (home / "refused").glob("*.tmp"):
        draft.unlink()
    for draft in (home / "published").glob(".*"):
        if draft.is_dir() and not draft.is_symlink():
            shutil.rmtree(draft)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # of another user; no number of a process
        return True
    return True
