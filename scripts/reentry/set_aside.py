"""Quarantine of the rows that gate G5 found in a build (rule Q8)."""

from __future__ import annotations

from datetime import date

import duckdb

from reentry.check.findings import holds_id_number, place_of_row
from reentry.contract import Feed, feeds, key_of
from reentry.personal_data import Place, define_ids, may_hold_id
from reentry.store import Home, attach, open_warehouse
from reentry.vault import Vault


def set_aside(home: Home, vault: Vault, places: list[Place], day: date) -> None:
    """Quarantines the rows of ``places`` from ``day`` on, each with a finding: all of them or, when killed, none.

    With a row go the other versions of its key that have a name or an id number in the same wrong column: each would
    be in force in turn. A name in a header or in the name of a sheet is masked where a finding repeats it. The build
    that was refused must still be in scratch.
    """
    with open_warehouse(home, vault, write=True) as con:
        attach(con, home.scratch_work, "work", vault, write=False)
        define_ids(con, day)
        con.execute("begin")
        try:
            for feed in feeds():
                for column in sorted({p.feed_column for p in places if p.feed == feed.id and p.feed_column}):
                    rows = [(p.batch_id, p.row_no) for p in places if (p.feed, p.feed_column) == (feed.id, column)]
                    _quarantine(con, feed, column, rows, day)
            _mask_headers(con, {p.batch_id for p in places if p.row_no is None})
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


def _quarantine(
    con: duckdb.DuckDBPyConnection, feed: Feed, column: str, rows: list[tuple[int, int | None]], day: date
) -> None:
    if feed.column(column).type == "person_name":
        is_wrong = f"{column} in (select {column} from found)"
    else:
        is_wrong = f"{column} in (select name from work.main.int_full_names)"
        is_wrong += f" or {may_hold_id(column)} and len(memory.main.ids_in({column})) > 0"
    con.execute(
        f"""
        create or replace temp table at_fault as
        with accepted as (
            select *, {key_of(feed)} as row_key from warehouse.checked.{feed.table}
            where not is_quarantined and not coalesce(withdrawn, false)
        ),
        found as (
            select accepted.* from accepted
            inner join (select unnest($1::integer[]) as batch_id, unnest($2::integer[]) as row_no)
                using (batch_id, row_no)
        )
        select batch_id, row_no, row_key, {column} as text, set_aside_on is null as is_new
        from accepted
        where row_key in (select row_key from found) and ({is_wrong})
        """,
        [[batch_id for batch_id, _ in rows], [row_no for _, row_no in rows]],
    )
    key = "replace(row_key, text, left(text, 1) || '**')"
    is_id = "true" if feed.has_id_key else holds_id_number("row_key")
    key = f"case when {is_id} then {place_of_row('batches', 'at_fault.row_no')} else {key} end"
    con.execute(f"""
        insert into warehouse.landing.findings by name
        select
            rules.rule, rules.severity, batches.agency, batches.feed, batches.file_name, batches.delivered_on,
            at_fault.row_no, {key} as key, '{column}' as column_name,
            replace(rules.message_zh, '{{column}}', '{feed.column(column).headers[0]}') as message, rules.action,
            at_fault.batch_id, date '{day}' as found_on
        from at_fault
        inner join warehouse.landing.batches as batches on at_fault.batch_id = batches.batch_id
        inner join warehouse.reference.rules as rules on rules.rule = 'Q8'
        order by at_fault.batch_id, at_fault.row_no
    """)
    con.execute("""
        update warehouse.landing.batches as batches
        set rows_accepted = rows_accepted - counted.rows, rows_quarantined = rows_quarantined + counted.rows
        from (select batch_id, count(*) as rows from at_fault where is_new group by batch_id) as counted
        where batches.batch_id = counted.batch_id
    """)
    con.execute(f"""
        update warehouse.checked.{feed.table} as checked set set_aside_on = date '{day}'
        from at_fault
        where at_fault.is_new and checked.batch_id = at_fault.batch_id and checked.row_no = at_fault.row_no
    """)


def _mask_headers(con: duckdb.DuckDBPyConnection, batches: set[int]) -> None:
    con.execute(
        """
        update warehouse.landing.findings
        set
            message = replace(message, column_name, left(column_name, 1) || '*'),
            column_name = left(column_name, 1) || '*'
        where list_contains($1::integer[], batch_id) and column_name in (select name from work.main.int_full_names)
        """,
        [list(batches)],
    )
