"""The programs that make a pack: another one may write other bytes, so a pull remembers which it was."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("docxtpl", "python-docx", "openpyxl", "lxml", "jinja2", "duckdb")
FOLDERS = ("replies", "figures")


def programs() -> dict[str, str]:
    """The libraries' versions, and a hash of the code that pulls and writes."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return {name: version(name) for name in LIBRARIES} | {"reentry": digest.hexdigest()[:12]}


def changed_programs(then: dict[str, str]) -> list[str]:
    """A sentence for each program that is not what it was."""
    now = programs()
    return [
        f"生成程序 {name} 由 {then.get(name, '无')} 变为 {now[name]}" for name in now if then.get(name) != now[name]
    ]
