"""Files that hold nothing but the rows of one township, for the queries of its accounts.

Made from a published version when an account of the township first asks for it (a tenth of a second), kept beside
Superset's own data for as long as the version is published: no version waits for the files of all townships. What SQL
a query may ever bring, other townships' rows are not in the file that it runs on.
"""

from __future__ import annotations

import fcntl
import shutil
from functools import cache
from pathlib import Path

import yaml

from server.assets import ROOT
from server.reading import attached, quoted

TOWNSHIP = "township_code"
FOLDER = "townships"
BLOCK_SIZE = 16384  # DuckDB's smallest: most tables have few rows
Tables = dict[str, str]


def township_file(whole: Path, code: str, place: Path) -> Path:
    """The file of a township that stands for ``whole``, a file of the published version; made if it is not there.

    ``place``: Superset's own folder.
    """
    version = whole.parent.resolve()
    folder = place / FOLDER / version.name
    made = folder / code / whole.name
    if made.exists():
        return made
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{code}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several that ask at once, one makes it
        if not made.exists():
            _make(version / whole.name, made, code)
            _sweep(place / FOLDER, version.parent)
    return made


def _make(whole: Path, made: Path, code: str) -> None:
    made.parent.mkdir(mode=0o700, exist_ok=True)
    draft = made.with_name(f".{made.name}")
    draft.unlink(missing_ok=True)
    with attached(whole, "whole_file") as con:
        con.execute("set threads = 1")
        con.execute(f"attach '{quoted(draft)}' as own_file (block_size {BLOCK_SIZE})")
        for table, kept in _tables()[whole.name].items():
            con.execute(f"create table own_file.main.{table} as from whole_file.main.{table} where {kept}", [code])
        con.execute("detach own_file")
    draft.chmod(0o600)
    draft.replace(made)


def _sweep(folder: Path, published: Path) -> None:
    """Versions that are published no more go."""
    for old in folder.iterdir():
        if not (published / old.name).exists():
            shutil.rmtree(old, ignore_errors=True)


@cache
def _tables() -> dict[str, Tables]:
    """For each file of the published version: its datasets' tables, and which of their rows a township may read.

    All of what belongs to nobody, its own where townships are known, else none.
    """
    found: dict[str, Tables] = {}
    databases = [yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted((ROOT / "databases").glob("*.yaml"))]
    files = {bool(said.get("person_level")): said["file"] for said in databases}
    for path in sorted((ROOT / "datasets").glob("*.yaml")):
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        kept = "?::varchar is not null" if said.get("open") else f"{TOWNSHIP} = ?"
        if not said.get("open") and TOWNSHIP not in said["columns"]:
            kept = "?::varchar is null"
        found.setdefault(files[bool(said.get("person_level"))], {})[said.get("table", path.stem)] = kept
    return found
