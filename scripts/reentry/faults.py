"""What DuckDB and the operating system report, in the product's own sentences: the one place that reads their messages.

A message of DuckDB may hold the statement, with its values and keys: none of it is passed on. With ``--debug`` the
original is printed, and what looks like a key is taken out of it.
"""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from reentry.errors import DamagedError, ReentryError, UsageError

FULL, READ_ONLY, NO_PERMISSION = "full", "read-only", "no permission"
_DISK = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    errno.EROFS: READ_ONLY,
    **dict.fromkeys((errno.EACCES, errno.EPERM), NO_PERMISSION),
}
_DISK_WORDS = {
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "File too large": FULL,
    "max_temp_directory_size": FULL,
    "Read-only file system": READ_ONLY,
    "Permission denied": NO_PERMISSION,
    "Operation not permitted": NO_PERMISSION,
}
_LOCKED = "Could not set lock on file"
_WRONG_KEY = "Wrong encryption key used to open the database file"
# a database that was changed by other hands, cut, or overwritten; as encrypted as ours always are
_DAMAGED = (
    "Corrupt database file",
    "is not a valid DuckDB database file",
    "Could not read enough bytes from file",
    "Computed AES tag differs from read AES tag",
    "is not encrypted",
    "Failed to load metadata pointer",
    "Serialization Error",
    "Failed to deserialize",
    "Failure while replaying WAL file",
    "database file is corrupt",
)
# kinds of errors that speak of files; of all others the message may quote a cell, which may say anything
_OF_FILES = (
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.OutOfMemoryException,
    duckdb.SerializationException,
)
# errors of the disk or of the warehouse, never of the file that is being landed or checked
NOT_OF_A_FILE = (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException, duckdb.InternalException)
_OF_DATABASES = (*_OF_FILES, duckdb.InvalidInputException, duckdb.CatalogException)
_PATH = re.compile(r'"([^"\n]+)"')
_KEY = re.compile(r"(encryption_key\s*=?\s*)(?:'[^'\n]*'?|\"[^\"\n]*\"?)|\b[0-9a-fA-F]{64}\b", re.IGNORECASE)


def is_locked(error: BaseException) -> bool:
    """Whether another process holds the file that was to be opened."""
    return isinstance(error, duckdb.IOException) and _LOCKED in str(error)


def is_wrong_key(error: BaseException) -> bool:
    """Whether a sound database was opened with another key than its own."""
    return isinstance(error, duckdb.InvalidInputException) and _WRONG_KEY in str(error)


def is_damage(error: BaseException) -> bool:
    """Whether a database file is not as DuckDB wrote it."""
    if not isinstance(error, _OF_DATABASES) or is_wrong_key(error) or disk_fault(error):
        return False
    return isinstance(error, duckdb.SerializationException) or any(words in str(error) for words in _DAMAGED)


def disk_fault(error: BaseException) -> str | None:
    """FULL, READ_ONLY or NO_PERMISSION when that is what an error is about; None for every other error."""
    if isinstance(error, OSError):
        return _DISK.get(error.errno or 0)
    if isinstance(error, _OF_FILES):
        return next((fault for words, fault in _DISK_WORDS.items() if words in str(error)), None)
    return None


def explained(error: BaseException, home: Path, command: str = "the command") -> ReentryError | None:
    """The sentence for an error that is none of the program's: of the disk, of rights, of a damaged database.

    What went wrong first counts, not what went wrong because of it. ``command``: what to run again.
    """
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    return next((said for e in reversed(chain) if (said := _explained(e, home, command)) is not None), None)


def _explained(error: BaseException, home: Path, command: str) -> ReentryError | None:
    if fault := disk_fault(error):
        return UsageError(_disk_sentence(fault, _place(error), home, command))
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return UsageError("A file name is too long for this system (at most 255 bytes): give the file a shorter name.")
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return UsageError("This needs more memory than there is: end other programs, or use a machine with more.")
    if is_damage(error):
        return DamagedError(damaged_warehouse(home / "warehouse.duckdb"))
    return None


def damaged_warehouse(path: Path) -> str:
    """What to do about a warehouse that is damaged: nothing else has what is in it."""
    return (
        f"The warehouse {path} is damaged: put back the newest backup of {path.name}, without a {path.name}.wal"
        " beside it, then run `reentry refresh`; until then readers go on with what was published last."
    )


def damaged_version(path: Path) -> str:
    """What to do about a published version that is damaged: it is made anew from the warehouse."""
    return f"The published version {path} is damaged: run `reentry refresh`, which builds it anew from the warehouse."


def damaged_other(path: Path) -> str:
    """What to do about another database of a home that is damaged."""
    return f"The file {path} is damaged: put it back from a backup."


@contextmanager
def damage_of(sentence: str) -> Iterator[None]:
    """Says ``sentence`` when what the block reads is damaged."""
    try:
        yield
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        raise DamagedError(sentence) from error


def traceback_without_keys(error: BaseException) -> str:
    """The traceback for ``--debug``; keys are taken out of it."""
    return without_keys("".join(traceback.format_exception(error)))


def without_keys(text: str) -> str:
    """A text without keys: what stands after ``encryption_key``, and every run of 64 hexadecimal digits."""
    return _KEY.sub(lambda found: f"{found[1] or ''}***", text)


def _disk_sentence(fault: str, place: str, home: Path, command: str) -> str:
    if fault == FULL:
        return f"The disk of {home} is full: make room, then run {command} again; nothing is half done."
    where = place or str(home)
    if fault == READ_ONLY:
        return f"{where} lies on a read-only file system: make {home} writable, then run {command} again."
    return f"This system user may not use {where}: give it the right to all of {home}, then run {command} again."


def _place(error: BaseException) -> str:
    """The file that an error is about."""
    if isinstance(error, OSError) and error.filename is not None:
        return str(error.filename)
    found = _PATH.search(str(error))
    return found[1] if found else ""
