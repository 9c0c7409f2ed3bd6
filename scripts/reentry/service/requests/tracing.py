"""The rows of the agencies' files behind a figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from reentry.audit import record
from reentry.service.registry import Download, Name, Place, request
from reentry.spill import scratch_folder
from reentry.trace import Asked, Trace
from reentry.trace import trace as run
from reentry.trace.workbook import write_trace


@request()
def trace(
    place: Place,
    figure: Name,
    starts_on: date,
    ends_on: date,
    as_of: date | None = None,
    known_at: date | None = None,
    by: dict[str, str] | None = None,
    part: str = "numerator",
    skip: int = 0,
    shown: int = 300,
) -> dict[str, Any]:
    """A figure and ``shown`` of its rows behind the first ``skip``, without their cells; ``row_count`` counts all."""
    asked = Asked(figure, starts_on, ends_on, as_of=as_of, known_at=known_at, by=by or {}, part=part, with_cells=False)
    traced = run(place.home, place.vault, asked)
    record(place.home, place.vault, place.account, "trace", **_said(asked, traced))
    return {**traced.document, "rows": traced.rows[skip : skip + shown], "row_count": len(traced.rows)}


@request()
def trace_file(
    place: Place,
    figure: Name,
    starts_on: date,
    ends_on: date,
    as_of: date | None = None,
    known_at: date | None = None,
    by: dict[str, str] | None = None,
    part: str = "numerator",
) -> dict[str, Any]:
    """All rows behind a figure as a workbook, without their cells; an export."""
    asked = Asked(figure, starts_on, ends_on, as_of=as_of, known_at=known_at, by=by or {}, part=part, with_cells=False)
    traced = run(place.home, place.vault, asked)
    with scratch_folder(place.home.path) as folder:
        write_trace(folder / "trace.xlsx", traced)
        content = (folder / "trace.xlsx").read_bytes()
    record(place.home, place.vault, place.account, "export", traced=True, **_said(asked, traced))
    return {"file": Download(content)}


def _said(asked: Asked, traced: Trace) -> dict[str, Any]:
    """What the log says of a trace."""
    days = {"starts_on": asked.starts_on, "ends_on": asked.ends_on, "as_of": traced.document["as_of"]}
    said = {"figure": asked.figure_id, "by": asked.by or None, "part": asked.part, **days}
    return {**said, "known_at": traced.document["known_at"], "rows": len(traced.rows)}
