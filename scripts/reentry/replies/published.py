"""The figures of every letter as they stand, for the dashboards: a table ``reply_figures``, written at publishing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb

from reentry.definition import Definition, figures_of
from reentry.errors import ReentryError
from reentry.figures import texts
from reentry.figures.published import Version
from reentry.figures.window import Window
from reentry.replies.figures import Printed, pull_figures
from reentry.replies.letter import Letter, letter_names, load_letter
from reentry.replies.past import Past, last_printed
from reentry.sources import feed_names, feeds_of
from reentry.store import Home

COLUMNS = {
    **{"letter": "varchar", "letter_label": "varchar", "document_number": "varchar", "place": "integer"},
    **{"name_text": "varchar", "figure_id": "varchar", "definition_zh": "varchar", "definition_version": "varchar"},
    **{"window_days": "varchar", "as_of": "date", "value_text": "varchar", "printed_text": "varchar"},
    **{"last_printed_text": "varchar", "last_pull": "varchar", "change_text": "varchar", "tone": "varchar"},
    **{"sources_text": "varchar", "note_zh": "varchar"},
}


def write_reply_figures(
    con: duckdb.DuckDBPyConnection, home: Home, definitions: list[Definition], known_at: date
) -> None:
    """Writes ``dashboards.main.reply_figures``: one row a letter and figure.

    ``con`` has marts and dashboards attached. A letter that cannot be pulled has one row that says why.
    """
    types = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"create table dashboards.main.reply_figures ({types})")
    version = Version(con, "", datetime.min, 0, "", known_at, definitions)  # of a build that has no name yet
    rows: list[list[Any]] = []
    for name in letter_names():
        try:
            rows += _rows(version, home, load_letter(name), known_at)
        except ReentryError as error:
            rows.append(_row(letter=name, letter_label=name, place=0, name_text="本答复不能取数", note_zh=str(error)))
    if rows:
        con.executemany(f"insert into dashboards.main.reply_figures values ({', '.join('?' * len(COLUMNS))})", rows)


def _rows(version: Version, home: Home, letter: Letter, known_at: date) -> list[list[Any]]:
    # a window that is not over is shown as far as it goes; the pack itself waits
    windows = {
        n: Window.of(d.starts_on, d.ends_on, min(d.as_of, known_at), known_at) for n, d in letter.windows.items()
    }
    figures = pull_figures(version, letter, windows)
    pasts = last_printed(home, letter.name, [(p.figure.id, p.figure.by) for p in figures])
    known = figures_of(version.definitions)
    rows = []
    for place, (printed, past) in enumerate(zip(figures, pasts, strict=True), 1):
        feeds = feed_names(feeds_of(printed.figure.id, version.definitions))
        about, _ = known[printed.figure.id]
        rows.append(
            _row(
                letter=letter.name,
                letter_label=f"{letter.document_number}（第{letter.number}号{letter.kind[-2:]}）",
                document_number=letter.document_number,
                place=place,
                name_text="·".join([about["name_zh"], *printed.figure.by.values()]),
                figure_id=printed.figure.id,
                definition_zh=about["definition_zh"],
                definition_version=about["version"],
                window_days=f"{printed.window.starts_on} 至 {printed.window.ends_on}",
                as_of=printed.window.as_of,
                sources_text="、".join(feeds),
                note_zh=printed.cell.get("note_zh"),
                **_values(printed, past),
            )
        )
    return rows


def _values(printed: Printed, past: Past | None) -> dict[str, Any]:
    unit = printed.cell["unit"]
    value = printed.cell["value"]
    now = texts.printed(unit, value) + ("" if value is None else f" {texts.unit_of(unit)}".rstrip())
    if past is None:
        return {"value_text": now, "printed_text": printed.text, "last_printed_text": "—", "change_text": "尚未取数"}
    same = past.figure["value"] == value
    return {
        "value_text": now,
        "printed_text": printed.text,
        "last_printed_text": past.figure["printed"],
        "last_pull": past.pull,
        "change_text": "没有变化" if same else f"原为 {texts.printed(unit, past.figure['value'])}",
        "tone": None if same else "bad",
    }


def _row(**values: Any) -> list[Any]:
    return [values.get(name) for name in COLUMNS]
