"""Keys that went missing between two snapshots (W12): ``memory.checking.gone_keys``."""

from __future__ import annotations

import duckdb

from reentry.check.findings import place_of_row
from reentry.contract import Feed, key_of

# A key is in force after a delivery when a row with it was accepted there, or was quarantined there and the key was in
# force before. So of each run of deliveries in a row that have the key, it is in force from the first accepted row on;
# it is gone at the delivery after the run. Older deliveries matter only to keys that are quarantined in the one before
# the first new one.
_GONE = """
create or replace table memory.checking.gone_keys as
with files as (
    select batch_id, position, is_new, file_name, sheets from memory.checking.files
    where agency = '{agency}' and feed = '{feed}'
),
bounds as (
    select min(position) filter (is_affected) - 1 as base, max(position) as last
    from memory.checking.files where agency = '{agency}' and feed = '{feed}'
),
known as (
    select
        files.position, {key} as key, not checked.is_quarantined and checked.set_aside_on is null as is_accepted,
        checked.row_no
    from warehouse.checked.{table} as checked
    inner join files on checked.batch_id = files.batch_id and not files.is_new
),
uncertain as (
    select key from known where position = (select base from bounds) and not is_accepted
),
present as (
    select * from known
    where position >= (select base from bounds) or key in (select key from uncertain)
    union all
    select files.position, rows.key, not rows.is_quarantined, rows.row_no
    from memory.checking.judged_rows as rows
    inner join files on rows.batch_id = files.batch_id
),
by_file as (
    select key, position, bool_or(is_accepted) as is_accepted, max(row_no) as row_no
    from present where key is not null group by all
),
runs as (
    select *, position - row_number() over (partition by key order by position) as run from by_file
),
judged as (
    select
        key, position, row_no,
        bool_or(is_accepted) over (partition by key, run order by position) as is_in_force,
        lead(position) over (partition by key order by position) as next_position
    from runs
)
select files.batch_id, null::integer as row_no, judged.key, {place} as place
from judged
inner join files on judged.position + 1 = files.position
inner join files as before on judged.position = before.position
cross join bounds
where
    judged.is_in_force
    and judged.next_position is distinct from judged.position + 1
    and judged.position between bounds.base and bounds.last - 1
"""


def find_gone_keys(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fills ``memory.checking.gone_keys`` for every affected delivery of a snapshot.

    Its columns: batch_id, row_no (null), key, and place, where it was before.
    """
    place = place_of_row("before", "judged.row_no")
    con.execute(_GONE.format(agency=feed.agency, feed=feed.name, table=feed.table, key=key_of(feed), place=place))
