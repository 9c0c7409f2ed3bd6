"""The files to check: ``memory.checking.files``, every batch of the feeds that have new ones."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from reentry.land.places import SHEET_BITS

_FILES = """
create or replace table memory.checking.files as
with ordered as (
    select
        *,
        row_number() over deliveries as position,
        rows_read - rows_skipped as data_rows,
        lag(rows_read - rows_skipped) over deliveries as rows_before
    from warehouse.landing.batches
    window deliveries as (partition by agency, feed order by delivered_on, delivery_no, is_copy, path, batch_id)
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
    case when not is_checked and len(unread_sheets) > 0 then unread_sheets end as unread_sheets,
    case when not is_checked and len(repeated_sheets) > 0 then repeated_sheets end as repeated_sheets,
    case when sheets is null then 31 else {bits} end as row_bits,  -- of row_no; the sheet's number stands above
    coalesce(sheets, if(sheet is null, null, [sheet])) as sheets,
    columns::varchar as layout,
    null::varchar[] as unknown_columns,
    []::map(varchar, varchar)[] as units  -- by sheet, by column
from ordered
inner join first_new using (agency, feed)
"""


def list_files(con: duckdb.DuckDBPyConnection) -> None:
    """Fills ``memory.checking.files``; layouts of new batches become their unknown columns and units by column."""
    con.execute(_FILES.format(bits=SHEET_BITS))
    layouts = con.execute("select batch_id, layout from memory.checking.files where is_new").fetchall()
    for batch_id, layout in layouts:
        columns = json.loads(layout or "[]")
        unknown = list(dict.fromkeys(c["header"] for c in columns if c.get("is_unknown")))
        units = [_units(columns, n) for n in range(1 + max((c.get("sheet", 0) for c in columns), default=0))]
        if unknown or any(units):
            con.execute(
                "update memory.checking.files set unknown_columns = ?, units = ?::json::map(varchar, varchar)[]"
                " where batch_id = ?",
                [unknown or None, json.dumps(units), batch_id],
            )


def _units(columns: list[dict[str, Any]], sheet_no: int) -> dict[str, str]:
    """The units that the headers of a sheet name, by column."""
    return {
        c["column"]: c["unit"] for c in columns if c.get("column") and c.get("unit") and c.get("sheet", 0) == sheet_no
    }


def feeds_to_check(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of the feeds with new batches."""
    rows = con.execute("select distinct agency || '.' || feed from memory.checking.files order by 1").fetchall()
    return [row[0] for row in rows]
