"""Folders for what does not fit in memory: each connection has one of its own, in the home, encrypted by DuckDB.

A process has ``<home>/spill/<pid>-<random>`` and holds a lock on it as long as it lives. Whoever finds such a folder
without that lock removes it: so what a killed process left goes when the next one starts.
"""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = "spill"
_numbers = itertools.count(1)
_folders: dict[tuple[int, Path], tuple[Path, int]] = {}  # (process, home) → its folder, and the open lock of it


def connection_folder(home: Path) -> Path | None:
    """A folder that no other connection has: DuckDB makes it when it spills, and removes it when it is closed.

    None where the home cannot be written: a reader of such a home does without.
    """
    try:
        return process_folder(home) / str(next(_numbers))
    except (PermissionError, OSError) as error:
        if is_read_only(error):
            return None
        raise


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A folder in the home that lasts as long as the block, or, after ``kill -9``, until the next process starts."""
    with TemporaryDirectory(dir=process_folder(home)) as name:
        yield Path(name)


def process_folder(home: Path) -> Path:
    """The folder of this process in a home; made, and those of dead processes removed, when it is first asked for."""
    home = home.resolve()
    known = _folders.get((os.getpid(), home))
    if known is not None and known[0].is_dir():
        return known[0]
    root = home / FOLDER
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        sweep(root)
        folder = root / f"{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir()
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
    _folders[os.getpid(), home] = (folder, lock)
    atexit.register(_remove, os.getpid(), folder)
    return folder


def sweep(root: Path) -> None:
    """Removes the folders of processes that are no more; the caller holds the lock of ``root``."""
    for folder in root.iterdir():
        if not folder.is_dir():
            continue
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its process lives
        finally:
            os.close(lock)
        shutil.rmtree(folder)


def is_read_only(error: OSError) -> bool:
    """Whether a folder may not be written to."""
    import errno

    return error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove(process: int, folder: Path) -> None:
    """At the end of the process that made it; a fork of it has its own."""
    if process == os.getpid():
        shutil.rmtree(folder, ignore_errors=True)
