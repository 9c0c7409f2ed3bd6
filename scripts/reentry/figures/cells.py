"""The cells of a figure's breakdowns, empty ones included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

Cell = tuple[str, str | None, str | None, str | None, str | None]  # id, township, feed, dimension, member


def members_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Dimension → its members in order, of the marts attached as ``marts``."""
    members: dict[str, list[str]] = {}
    for dimension, member in con.execute(
        "select dimension, member from marts.main.dim_member order by dimension, sort_order, member"
    ).fetchall():
        members.setdefault(dimension, []).append(member)
    return members


def townships_of(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Code → name of the district's townships, by code."""
    return dict(
        con.execute(
            "select township_code, township_name from marts.main.dim_township order by township_code"
        ).fetchall()
    )


def cells_of(
    figure: dict[str, Any],
    *,
    occurring: Iterable[Cell],
    members: dict[str, list[str]],
    townships: Iterable[str],
    by_township: bool,
    on_pages: bool = False,
) -> list[Cell]:
    """Every cell of the figure's breakdowns; of a dimension without a fixed list the members that occur.

    ``on_pages``: also of those that only the dashboards show.
    """
    cells: list[Cell] = []
    for breakdown in [*figure["breakdowns"], *(figure.get("breakdowns_on_pages", []) if on_pages else [])]:
        if "township" in breakdown and not by_township:
            continue
        named = [b for b in breakdown if b not in ("township", "feed")]
        dimension = named[0] if named else None
        grid_townships: list[str | None] = list(townships) if "township" in breakdown else [None]
        feeds = members[figure.get("feeds", "feed")]
        grid_feeds: list[str | None] = list(feeds) if "feed" in breakdown else [None]
        grid_members: list[str | None] = [None]
        if dimension is not None:
            grid_members = list(members.get(dimension) or _occurring(figure["id"], dimension, occurring))
        cells += [
            (figure["id"], township, feed, dimension, member)
            for township in grid_townships
            for feed in grid_feeds
            for member in grid_members
        ]
    return cells


def _occurring(figure_id: str, dimension: str, cells: Iterable[Cell]) -> list[str]:
    return sorted({c[4] for c in cells if c[0] == figure_id and c[3] == dimension and c[4]})
