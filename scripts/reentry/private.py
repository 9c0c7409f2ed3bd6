"""Who may read the files of a home: its owner, and the group; nobody else, whatever the umask that it began with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

UMASK = 0o027
FOLDER_MODE, FILE_MODE = 0o750, 0o640  # at most
OWNER = 0o700  # what of a mode is the owner's
OWNERS = ("secret.key", "audit", "superset")  # files and folders of a home that the group does not read either


def keep_private() -> None:
    """From here on, what this process and its children make is for the owner and the group alone."""
    os.umask(os.umask(0o777) | UMASK)


def tighten(home: Path) -> None:
    """Takes from every file of a home what its mode gives away; those of other users are theirs to tighten."""
    if not home.is_dir():
        return
    _take(home)
    for place in os.scandir(home):
        if place.stat(follow_symlinks=False).st_uid != os.geteuid():
            continue
        most = OWNER if place.name in OWNERS else 0o777
        _take(Path(place.path), most)
        if place.is_dir(follow_symlinks=False):
            for folder, folders, files in os.walk(place.path):
                for name in (*folders, *files):
                    _take(Path(folder, name), most)


def _take(path: Path, most: int = 0o777) -> None:
    try:
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            most = most & FOLDER_MODE | stat.S_ISGID  # a folder may hand its group down
        elif stat.S_ISREG(found.st_mode):
            most &= FILE_MODE
        else:
            return  # a link; the service's socket, which has a mode of its own
        mode = stat.S_IMODE(found.st_mode)
        if mode & ~most and os.geteuid() == found.st_uid:
            path.chmod(mode & most)
    except FileNotFoundError:
        return  # another process was quicker
