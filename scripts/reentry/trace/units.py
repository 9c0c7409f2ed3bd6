"""What a figure counts, found by the figure's own SQL: the same query, over the rows of one unit at a time.

A figure is a sum over rows of one fact (or over groups of them, where it counts each person once): its file names that
fact (``counts``, ``out_of``). The compiled SQL runs as a lateral join in which that fact is the rows of one unit and
every other fact is narrowed to the same person; DuckDB makes sets of it. So there is no second definition: a unit
counts when the figure says so, and the parts must add up to the figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from reentry.definition import Definition

RELATION = re.compile(r'"marts"\."main"\."((?:fct|dim)_\w+)"')
PERSON = "person_key"


@dataclass(frozen=True)
class FigureCell:
    """One cell of a figure: whole (all None), or of a township, a feed, a member of a breakdown."""

    figure_id: str
    township_code: str | None = None
    feed: str | None = None
    dimension: str | None = None
    member: str | None = None

    @property
    def condition(self) -> str:
        """SQL that holds for the cell's row in the figure's output; values are parameters."""
        names = ("township_code", "feed", "dimension", "member")
        return " and ".join(["figure_id = ?", *(f"{name} is not distinct from ?" for name in names)])

    @property
    def parameters(self) -> list[str | None]:
        """The values for ``condition``."""
        return [self.figure_id, self.township_code, self.feed, self.dimension, self.member]


def reading(con: duckdb.DuckDBPyConnection, definition: Definition, cell: FigureCell, part: str) -> Decimal | None:
    """The exact numerator or denominator of the cell, as the figure itself says; None for an empty cell."""
    row = con.execute(f"select {part} from ({definition.sql}) as cells where {cell.condition}", cell.parameters)
    found = row.fetchone()
    return found[0] if found else None


def count_units(
    con: duckdb.DuckDBPyConnection, definition: Definition, cell: FigureCell, part: str, counts: dict[str, Any]
) -> Decimal:
    """Makes ``memory.main.counted``: the rows of the fact that count, each with ``unit_no`` and ``amount``.

    ``amount`` is what the unit adds to the figure, on the first of its rows; zero on others. ``trace_no`` numbers rows.
    Returns the sum of the amounts, which must be the figure.
    """
    each = counts.get("each")
    number = f"dense_rank() over (order by {', '.join(each)})" if each else "row_number() over ()"
    con.execute(
        f"create or replace table memory.main.traced as select {number} as unit_no, row_number() over () as trace_no, *"
        f' from "marts"."main"."{counts["of"]}"'
    )
    beside = counts.get("beside")
    base = _base(con, definition, cell, part, counts["of"], beside)
    by_unit = _amounts(con, definition, part, counts, "unit_no")
    con.execute(f"create or replace table memory.main.by_unit as {by_unit}", cell.parameters)
    if beside:
        alone = _amounts(con, definition, part, {**counts, "beside": None}, "unit_no")
        con.execute(f"create or replace table memory.main.alone as {alone}", cell.parameters)
        con.execute(
            f"""
            create or replace table memory.main.by_unit as
            select by_unit.unit_no, case when {beside} then alone.amount else by_unit.amount - ? end as amount
            from memory.main.by_unit as by_unit
            inner join memory.main.traced as traced on by_unit.unit_no = traced.unit_no
            left join memory.main.alone as alone on by_unit.unit_no = alone.unit_no
            """,
            [base],
        )
        con.execute("delete from memory.main.by_unit where coalesce(amount, 0) = 0")
    if counts.get("newest"):
        con.execute("delete from memory.main.by_unit where amount > (select min(amount) from memory.main.by_unit)")
        con.execute(
            "update memory.main.by_unit set amount = 0 where unit_no > (select min(unit_no) from memory.main.by_unit)"
        )
    by_row = _amounts(con, definition, part, counts, "trace_no")
    con.execute(f"create or replace table memory.main.by_row as {by_row}", cell.parameters if each else None)
    con.execute(
        """
        create or replace table memory.main.counted as
        with kept as (
            select
                traced.*,
                by_unit.amount as unit_amount,
                row_number() over (partition by traced.unit_no order by traced.trace_no) as place
            from memory.main.traced as traced
            inner join memory.main.by_unit as by_unit on traced.unit_no = by_unit.unit_no
            inner join memory.main.by_row as by_row on traced.trace_no = by_row.trace_no
        )
        select * exclude (unit_amount, place), case when place = 1 then unit_amount else 0 end as amount from kept
        """
    )
    total = con.execute("select coalesce(sum(amount), 0) from memory.main.counted").fetchone()
    return Decimal(total[0]) if total else Decimal(0)


def _amounts(
    con: duckdb.DuckDBPyConnection, definition: Definition, part: str, counts: dict[str, Any], key: str
) -> str:
    """SQL for what each unit, or each row alone, adds to the cell; those that add nothing left out."""
    fact = counts["of"]
    if key == "trace_no" and not counts.get("each"):
        return "select trace_no, 1 as amount from memory.main.traced"
    beside = f" or {counts['beside']}" if counts.get("beside") else ""
    has_person = _has_person(con, fact) and (key == "trace_no" or PERSON in counts.get("each", [PERSON]))

    def narrowed(match: re.Match[str]) -> str:
        if match[1] == fact:
            return f"(select * from memory.main.traced where traced.{key} = units.{key}{beside})"
        if has_person and _has_person(con, match[1]):
            return f"(select * from {match[0]} as others where others.{PERSON} = units.{PERSON})"
        return match[0]

    person = f", any_value({PERSON}) as {PERSON}" if has_person else ""
    return (
        f"select units.{key}, cells.{part} as amount"
        f" from (select {key}{person} from memory.main.traced group by {key}) as units,"
        f" lateral ({RELATION.sub(narrowed, definition.sql)}) as cells"
        f" where {FigureCell('').condition} and {part} {'is not null' if counts.get('newest') else '!= 0'}"
    )


def _base(
    con: duckdb.DuckDBPyConnection, definition: Definition, cell: FigureCell, part: str, fact: str, beside: str | None
) -> Decimal:
    """What the rows that are always there say by themselves: of a rank, the first place."""
    if not beside:
        return Decimal(0)
    sql = definition.sql.replace(f'"marts"."main"."{fact}"', f"(select * from memory.main.traced where {beside})")
    row = con.execute(f"select {part} from ({sql}) as cells where {cell.condition}", cell.parameters).fetchone()
    return row[0] if row and row[0] is not None else Decimal(0)


def _has_person(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    found = con.execute(
        "from duckdb_columns() where database_name = 'marts' and table_name = ? and column_name = ?",
        [relation, PERSON],
    )
    return found.fetchone() is not None
