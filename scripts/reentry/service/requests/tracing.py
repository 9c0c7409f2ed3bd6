"""The rows of the agencies' files behind a figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from reentry.audit import record
from reentry.service.registry import Name, Place, request
from reentry.trace import Asked
from reentry.trace import trace as run


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
    shown: int = 300,
) -> dict[str, Any]:
    """A figure and the first ``shown`` of its rows, without their cells; ``row_count`` says how many there are."""
    asked = Asked(figure, starts_on, ends_on, as_of=as_of, known_at=known_at, by=by or {}, part=part, with_cells=False)
    traced = run(place.home, place.vault, asked)
    days = {"starts_on": starts_on, "ends_on": ends_on, "as_of": traced.document["as_of"]}
    said = {"figure": figure, "by": by or None, "part": part, **days, "known_at": traced.document["known_at"]}
    record(place.home, place.vault, place.account, "trace", **said, rows=len(traced.rows))
    return {**traced.document, "rows": traced.rows[:shown], "row_count": len(traced.rows)}
