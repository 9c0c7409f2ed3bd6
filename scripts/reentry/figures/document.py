"""What the reading commands print: one document a command, rows as plain objects."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from reentry.figures.published import Version
from reentry.figures.pull import pull, set_periods
from reentry.figures.window import Window


def figures_document(
    version: Version, window: Window, *, by_township: bool = False, ids: list[str] | None = None
) -> dict[str, Any]:
    """The document of INTERFACES 2 for a window."""
    return {
        "district_code": version.district_code,
        "from": str(window.starts_on),
        "to": str(window.ends_on),
        "as_of": str(window.as_of),
        "known_at": str(window.known_at),
        "build": build_document(version),
        "figures": pull(version, window, by_township=by_township, ids=ids),
    }


def build_document(version: Version) -> dict[str, Any]:
    """Which published version something comes from."""
    return {
        "id": version.build_id,
        "published_at": f"{version.published_at.isoformat()}Z",
        "batches": version.batches,
    }


def query_rows(version: Version, name: str, as_of: date | None) -> list[dict[str, Any]]:
    """The rows of a published query (cohorts, roster) at the end of ``as_of`` or known-at; dates as ISO text.

    As in any window, a state stands at the day asked for, and events end with what is known by then.
    """
    day = as_of or version.known_at
    set_periods(version.con, Window.of(day, day, None, version.known_at))
    result = version.con.execute(version.query(name).sql)
    names = [column[0] for column in result.description]
    return [
        {n: value.isoformat() if isinstance(value, date) else value for n, value in zip(names, row, strict=True)}
        for row in result.fetchall()
    ]


def write_workbook(path: Path, title: str, rows: list[dict[str, Any]]) -> None:
    """Writes rows as a workbook of one sheet with a header row."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    if rows:
        sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
