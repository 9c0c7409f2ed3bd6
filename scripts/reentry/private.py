"""Who may read the files of a home: its owner, and the group; nobody else, whatever the umask that it began with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

UMASK = 0o027  # files 0640, folders 0750
OWNER_ONLY = 0o077
OWNERS = ("secret.key", "audit", "superset")  # files and folders of a home that the group does not read either


def keep_private() -> None:
    """From here on, what this process and its children make is for the owner and the group alone."""
    os.umask(os.umask(0o777) | UMASK)


def tighten(home: Path) -> None:
    """Takes from every file of a home what its mode gives away; those of other users are theirs to tighten."""
    if not home.is_dir():
        return
    _take(home, UMASK)
    for place in os.scandir(home):
        taken = OWNER_ONLY if place.name in OWNERS else UMASK
        _take(Path(place.path), taken)
        if place.is_dir(follow_symlinks=False):
            for folder, folders, files in os.walk(place.path):
                for name in (*folders, *files):
                    _take(Path(folder, name), taken)


def _take(path: Path, bits: int) -> None:
    try:
        found = path.lstat()
        is_kept = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)  # the service's socket has its own mode
        if not is_kept or found.st_mode & bits == 0 or os.geteuid() not in (0, found.st_uid):
            return
        path.chmod(stat.S_IMODE(found.st_mode) & ~bits)
    except FileNotFoundError:
        return  # another process was quicker
