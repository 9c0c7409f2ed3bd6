"""The table of the benchmark: lines shown as they are measured, and their place in ``docs/benchmarks.md``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from reentry.day import business_day

_HEAD = ("| persons | what | measured | to reach | on |", "|---:|---|---|---|---|")
_NEW_PAGE = "# Benchmarks\n\n" + "\n".join(_HEAD) + "\n"


@dataclass(frozen=True)
class Line:
    """One line of the table; ``persons`` and ``what`` say which."""

    persons: int
    what: str
    value: str
    wanted: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The first two cells of its row."""
        return f"{self.persons:,}", self.what

    def row(self, day: date) -> str:
        """As a row of the Markdown table, measured on that day."""
        return "| " + " | ".join((*self.key, self.value, self.wanted, str(day))) + " |"


class Lines:
    """Takes lines one by one: shows each, and puts it into the page at once, should the rest never come."""

    def __init__(self, out: Path | None) -> None:
        """``out``: a Markdown page, whose other lines and text stay as they are."""
        self._out = out

    def add(self, line: Line) -> None:
        """Shows a line and writes it."""
        wanted = f"   (to reach: {line.wanted})" if line.wanted else ""
        typer.echo(f"{line.persons:>9,}  {line.what}: {line.value}{wanted}")
        if self._out is not None:
            page = self._out.read_text(encoding="utf-8") if self._out.exists() else _NEW_PAGE
            self._out.write_text(with_line(page, line, business_day()), encoding="utf-8")


def with_line(page: str, line: Line, day: date) -> str:
    """The page with the line in the place of the one of the same persons and name, else after the last of its size."""
    lines = page.split("\n")
    if _HEAD[0] not in lines:
        lines += ["", *_HEAD, ""]
    first = lines.index(_HEAD[0]) + len(_HEAD)
    last = next(n for n in range(first, len(lines) + 1) if n == len(lines) or not lines[n].startswith("|"))
    keys = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in lines[first:last]]
    if line.key in keys:
        lines[first + keys.index(line.key)] = line.row(day)
    else:
        same = [n for n, key in enumerate(keys) if key[0] == line.key[0]]
        lines.insert(first + same[-1] + 1 if same else last, line.row(day))
    return "\n".join(lines)
