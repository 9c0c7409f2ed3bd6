"""The files to check: ``memory.checking.files``, every batch of the feeds that have new ones."""

from __future__ import annotations

import json

import duckdb

_FILES = """
create or replace table memory.checking.files as
with ordered as (
    select
        *,
        row_number() over deliveries as position,
        rows_read - rows_skipped as data_rows,
        lag(rows_read - rows_skipped) over deliveries as rows_before
    from warehouse.landing.batches
    window deliveries as (partition by agency, feed order by delivered_on, delivery_no, path, batch_id)
),
first_new as (
    select agency, feed, min(position) as first_position from ordered where not is_checked group by all
)
select
    batch_id, null::integer as row_no, agency, feed, file_name, delivered_on, position, data_rows,
    not is_checked as is_new,
    -- what was delivered after a new batch has a new predecessor, or state to be compared with
    position >= first_position as is_affected,
    case when position >= first_position then rows_before end as previous_rows,
    case when not is_checked and len(hidden_sheets) > 0 then hidden_sheets end as hidden_sheets,
    columns::varchar as layout,
    null::varchar[] as unknown_columns,
    map([]::varchar[], []::varchar[]) as units
from ordered
inner join first_new using (agency, feed)
"""


def list_files(con: duckdb.DuckDBPyConnection) -> None:
    """Fills ``memory.checking.files``; layouts of new batches become their unknown columns and units by column."""
    con.execute(_FILES)
    layouts = con.execute("select batch_id, layout from memory.checking.files where is_new").fetchall()
    for batch_id, layout in layouts:
        columns = json.loads(layout or "[]")
        unknown = list(dict.fromkeys(c["header"] for c in columns if c.get("is_unknown")))
        units = {c["column"]: c["unit"] for c in columns if c.get("column") and c.get("unit")}
        if unknown or units:
            con.execute(
                "update memory.checking.files set unknown_columns = ?, units = map(?::varchar[], ?::varchar[])"
                " where batch_id = ?",
                [unknown or None, list(units), list(units.values()), batch_id],
            )


def feeds_to_check(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of the feeds with new batches."""
    rows = con.execute("select distinct agency || '.' || feed from memory.checking.files order by 1").fetchall()
    return [row[0] for row in rows]
