"""The rows of the files behind the counted rows of a fact, and their cells, masked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from reentry.contract import Feed, feeds
from reentry.definition import Definition
from reentry.land.places import place_of_row

STAGING = "stg_"
ID_NUMBER = r"(^|[^0-9])([0-9]{3})[0-9]{11}([0-9]{3}[0-9Xx])($|[^0-9Xx])"


def find_rows(con: duckdb.DuckDBPyConnection, facts: dict[str, Definition], counts: dict[str, Any]) -> None:
    """Makes ``memory.main.found``: one row per unit and row of a file behind it, from ``memory.main.counted``.

    Which rows those are, say the facts' own files (``rows``), a fact's through those of the facts it names. The first
    row of a unit carries its amount; a unit without any stands alone, without a file.
    """
    con.execute(
        "create or replace table memory.main.found (unit_no bigint, feed varchar, batch_id integer, row_no integer,"
        " file_name varchar, delivered_on date, place integer, part_of bigint)"
    )
    _follow(con, facts, "memory.main.counted", [*facts[counts["of"]].rows, *counts.get("with", [])])
    con.execute(
        """
        create or replace table memory.main.found as
        with once as (
            select *
            from memory.main.found
            qualify row_number() over (
                partition by unit_no, feed, batch_id, row_no, file_name, case when row_no is null then part_of end
                order by place, part_of
            ) = 1
        ),

        numbered as (
            select
                *,
                row_number() over (partition by unit_no order by place, part_of, feed, batch_id, row_no) as line
            from once
        ),

        amounts as (
            select unit_no, sum(amount) as amount from memory.main.counted group by unit_no
        )

        select
            dense_rank() over (order by amounts.unit_no) as unit,
            coalesce(numbered.line, 1) as line,
            case when coalesce(numbered.line, 1) = 1 then amounts.amount else 0 end as amount,
            numbered.feed,
            numbered.batch_id,
            numbered.row_no,
            batches.sheets,
            coalesce(numbered.file_name, batches.file_name) as file_name,
            coalesce(numbered.delivered_on, batches.delivered_on) as delivered_on
        from amounts
        left join numbered on amounts.unit_no = numbered.unit_no
        left join warehouse.landing.batches as batches on numbered.batch_id = batches.batch_id
        """
    )


def _follow(
    con: duckdb.DuckDBPyConnection,
    facts: dict[str, Definition],
    relation: str,
    sources: list[dict[str, Any]],
    depth: int = 0,
) -> None:
    for number, source in enumerate(sources):
        place = depth * 100 + number
        if "in" not in source:
            _own_rows(con, relation, source, place)
            continue
        joined = _joined(relation, source)
        if source["in"].startswith(STAGING):
            feed = source["in"].removeprefix(STAGING).replace("__", ".")
            con.execute(
                "insert into memory.main.found select unit_no, ?, batch_id, row_no, null, null, ?, part_of"
                f" from ({joined})",
                [feed, place],
            )
        else:
            through = f"memory.main.through_{depth}_{number}"
            con.execute(f"create or replace table {through} as {joined}")
            _follow(con, facts, through, facts[source["in"]].rows, depth + 1)


def _joined(relation: str, source: dict[str, Any]) -> str:
    """The source's rows beside the units; ``where`` knows the two as ``fact`` and ``source``."""
    keys = source["by"] if isinstance(source["by"], dict) else {name: name for name in source["by"]}
    on = " and ".join(f"source.{theirs} = fact.{ours}" for theirs, ours in keys.items())
    database = "work" if source["in"].startswith(STAGING) else "marts"
    part = "trace_no" if relation.endswith("counted") else "part_of"
    return (
        f"select fact.unit_no, fact.{part} as part_of, source.* from {relation} as fact"
        f' inner join "{database}"."main"."{source["in"]}" as source on {on} where {source.get("where", "true")}'
    )


def _own_rows(con: duckdb.DuckDBPyConnection, relation: str, source: dict[str, Any], place: int) -> None:
    """Rows of a fact that names batch and row itself (a whole file has no row number), or that lie in no file."""
    there = {name for (name, *_) in con.execute(f"describe {relation}").fetchall()}
    columns = {n: n if n in there else "null" for n in ("batch_id", "row_no", "file_name", "delivered_on")}
    columns["file_name"] = source.get("listed", columns["file_name"])
    feed = "null" if "listed" in source else source.get("feed_column", f"'{source.get('feed')}'")
    part = "trace_no" if "trace_no" in there else "part_of"
    con.execute(
        f"insert into memory.main.found select unit_no, {feed}, {', '.join(columns.values())}, ?, {part}"
        f" from {relation}",
        [place],
    )


def read_rows(con: duckdb.DuckDBPyConnection, *, with_cells: bool) -> list[dict[str, Any]]:
    """The found rows in order, as objects; cells by official header, masked, empty ones left out."""
    by_id = {feed.id: feed for feed in feeds()}
    cells = _cells(con, by_id) if with_cells else {}
    rows = con.execute(
        "select unit, amount, feed, batch_id, row_no, sheets, file_name, delivered_on"
        " from memory.main.found order by unit, line"
    ).fetchall()
    return [_row(by_id, cells, *row) for row in rows]


def _row(
    by_id: dict[str, Feed],
    cells: dict[tuple[int, int], dict[str, str]],
    unit: int,
    amount: Decimal,
    feed_id: str | None,
    batch_id: int | None,
    row_no: int | None,
    sheets: list[str] | None,
    file_name: str | None,
    delivered_on: date | None,
) -> dict[str, Any]:
    feed = by_id.get(feed_id or "")
    sheet, row = (None, None) if row_no is None else place_of_row(sheets, row_no)
    found: dict[str, Any] = {
        "unit": unit,
        "counts": int(amount) if amount == int(amount) else f"{amount:.2f}",
        "agency": feed.agency_zh if feed else None,
        "feed": feed_id or None,
        "feed_zh": feed.name_zh if feed else None,
        "file": file_name,
        "delivered_on": str(delivered_on) if delivered_on else None,
        "sheet": sheet,
        "row_no": row,
    }
    if batch_id is not None and row_no is not None and (batch_id, row_no) in cells:
        found["cells"] = cells[(batch_id, row_no)]
    return found


def _cells(con: duckdb.DuckDBPyConnection, by_id: dict[str, Feed]) -> dict[tuple[int, int], dict[str, str]]:
    """The cells of accepted rows as delivered, names and id numbers masked; of rows set aside none."""
    there = con.execute("select distinct feed from memory.main.found where row_no is not null").fetchall()
    out: dict[tuple[int, int], dict[str, str]] = {}
    for (feed_id,) in there:
        feed = by_id[feed_id]
        shown = ", ".join(
            _starred(f"raw.{c.name}") if feed.hides(c) else _masked(c.type, f"raw.{c.name}") for c in feed.columns
        )
        headers = [c.headers[0] for c in feed.columns]
        for batch_id, row_no, *texts in con.execute(
            f"""
            select raw.batch_id, raw.row_no, {shown}
            from warehouse.raw.{feed.table} as raw
            inner join warehouse.checked.{feed.table} as checked
                on raw.batch_id = checked.batch_id and raw.row_no = checked.row_no
            inner join (select distinct batch_id, row_no from memory.main.found where feed = ?) as found
                on raw.batch_id = found.batch_id and raw.row_no = found.row_no
            where not checked.is_quarantined and coalesce(checked.set_aside_on > memory.main.known_at(), true)
            """,
            [feed_id],
        ).fetchall():
            out[(batch_id, row_no)] = {h: text for h, text in zip(headers, texts, strict=True) if text}
    return out


def _starred(cell: str) -> str:
    return f"repeat('*', length({cell}))"


def _masked(cell_type: str, cell: str) -> str:
    """SQL: ``张*`` of a name, ``500***…1234`` of an id number, also within other text."""
    if cell_type == "person_name":
        compound = f"left({cell}, 2) in (select surname from warehouse.reference.compound_surnames)"
        kept = f"case when length({cell}) > 2 and {compound} then 2 else least(length({cell}) - 1, 1) end"
        return f"left({cell}, {kept}) || repeat('*', length({cell}) - ({kept}))"
    if cell_type == "resident_id":
        return f"left({cell}, 3) || repeat('*', greatest(length({cell}) - 7, 0)) || right(substr({cell}, 4), 4)"
    return rf"regexp_replace({cell}, '{ID_NUMBER}', '\1\2***********\3\4', 'g')"
