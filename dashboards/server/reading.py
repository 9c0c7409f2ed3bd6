"""Opening the published files: the one place that does, for Superset's queries and for our own.

What does not fit in memory goes, encrypted, to a folder of this process in ``superset/``: no other process uses it, and
what a killed one left goes when the next starts.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

Mutator = Callable[..., tuple[Any, Any]]


def open_published(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads one file."""
    return _connect(str(file), read_only=True)


def in_memory() -> duckdb.DuckDBPyConnection:
    """A connection to no file."""
    return _connect(":memory:", read_only=False)


@contextmanager
def attached(file: Path, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads a file as the database ``name``, even where it is open here with other settings."""
    with in_memory() as con:
        con.execute(f"attach '{quoted(file)}' as {name} (read_only)")
        yield con


def quoted(path: Path) -> str:
    """A path as it stands between apostrophes in SQL."""
    return str(path).replace("'", "''")


def spilling(choose: Mutator) -> Mutator:
    """Superset's DB_CONNECTION_MUTATOR: what ``choose`` says, and where such a connection spills."""

    def mutate(*asked: Any, **named: Any) -> tuple[Any, Any]:
        url, params = choose(*asked, **named)
        arguments = dict(params.get("connect_args", {}))
        # last: DuckDB lets the folder be set before it shuts out other files, and reads its settings from the end
        arguments["config"] = {**arguments.get("config", {}), **_spill_settings()}
        return url, {**params, "connect_args": arguments}

    return mutate


def _connect(database: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(database, read_only=read_only, config=dict(_spill_settings()))


def _spill_settings() -> dict[str, str]:
    return {"temp_file_encryption": "true", "temp_directory": str(_folder(os.getpid()))}


@cache
def _folder(process: int) -> Path:
    """The folder of this process; those of processes that are no more are removed."""
    root = Path(os.environ["REENTRY_HOME"]) / "superset" / "spill"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in root.iterdir():
        if not _lives(other.name):
            shutil.rmtree(other, ignore_errors=True)
    folder = root / str(process)
    folder.mkdir(mode=0o700, exist_ok=True)
    atexit.register(_remove, process, folder)
    return folder


def _lives(name: str) -> bool:
    try:
        os.kill(int(name), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _remove(process: int, folder: Path) -> None:
    if process == os.getpid():
        shutil.rmtree(folder, ignore_errors=True)
