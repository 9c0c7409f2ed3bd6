"""Findings: from the queries of failing checks to ``memory.checking.failures``, and on to the warehouse."""

from __future__ import annotations

import duckdb

from reentry.check.suites import Check
from reentry.check.typed import WITHDRAWN
from reentry.contract import Feed
from reentry.land.places import SHEET_BITS

# an id number inside of a text: by its birth date, and only where it stands alone
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ID_18 = rf"(^|[^0-9])([0-9]{{3}})[0-9]{{3}}(?:19|20)[0-9]{{2}}{_DAY}([0-9]{{3}}[0-9Xx])($|[^0-9])"
_ID_15 = rf"(^|[^0-9])([0-9]{{3}})[0-9]{{5}}{_DAY}([0-9]{{3}})($|[^0-9])"

_TABLES = """
create schema if not exists memory.checking;
create or replace table memory.checking.failures (
    rule varchar, section varchar, column_name varchar, message varchar, batch_id integer, row_no integer, key varchar
);
create or replace table memory.checking.headers (column_name varchar, header varchar);
"""


def mask(text: str) -> str:
    """SQL of a text in which id numbers keep their first three and last characters only."""
    masked = f"regexp_replace({text}, '{_ID_18}', '\\1\\2***********\\3\\4', 'g')"
    return f"regexp_replace({masked}, '{_ID_15}', '\\1\\2*********\\3\\4', 'g')"


def prepare_failures(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables that failures are gathered in, empty."""
    con.execute(_TABLES)


def name_headers(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fills ``memory.checking.headers``: what a column of the feed is called in Chinese."""
    con.execute("delete from memory.checking.headers")
    con.executemany(
        "insert into memory.checking.headers values (?, ?)",
        [(column.name, column.headers[0]) for column in (*feed.columns, WITHDRAWN)],
    )


def add_failures(con: duckdb.DuckDBPyConnection, check: Check, section: str, query: str, table: str) -> None:
    """Adds the rows of a failing check: one failure per row and column; a row is there once for a rule and column."""
    has_rows = table not in ("files", "gone_keys", "delivered_columns")
    key = "failing.key" if table == "gone_keys" else "null::varchar"
    column = f"'{check.column}'" if check.column else "null::varchar"
    source = f"from ({query}) as failing"
    if check.columns:
        column = f"unnest(checked_rows.{check.columns})"
        matched = "failing.batch_id = checked_rows.batch_id"
        if has_rows:
            matched += " and failing.row_no = checked_rows.row_no"
        source += f" inner join memory.checking.{table} as checked_rows on {matched}"
    con.execute(
        f"insert into memory.checking.failures"
        f" select distinct ?, ?, {column}, ?, failing.batch_id, failing.row_no, {key} {source}",
        [check.rule, section, check.message],
    )


# A key that is or holds an id number is shown as the place of its row, one that is gone as the place where it was; any
# other without the name, should an agency build its numbers from that.
# (The failures of one feed: those of its rows, and those of its files.)
_WRITE = """
insert into warehouse.landing.findings by name
with keyed as (
    select
        failures.*,
        coalesce({shown}, failures.key) as shown_key,
        gone.place as place_before,
        coalesce(headers.header, {masked_column}) as header,
        case when headers.header is null then {masked_column} else failures.column_name end as shown_column
    from memory.checking.failures as failures
    left join memory.checking.rows as rows
        on failures.batch_id = rows.batch_id and failures.row_no = rows.row_no
    left join memory.checking.headers as headers
        on failures.column_name = headers.column_name and failures.section != 'files'
    left join memory.checking.gone_keys as gone
        on failures.batch_id = gone.batch_id and failures.key = gone.key
)
select distinct
    rules.rule, rules.severity, files.agency, files.feed, files.file_name, files.delivered_on, keyed.row_no,
    case when {is_id} then {place} else keyed.shown_key end as key,
    keyed.shown_column as column_name,
    replace(coalesce(keyed.message, rules.message_zh), '{{column}}', coalesce(keyed.header, '')) as message,
    rules.action, keyed.batch_id
from keyed
inner join memory.checking.files as files on keyed.batch_id = files.batch_id
inner join warehouse.reference.rules as rules on keyed.rule = rules.rule
where files.agency = ? and files.feed = ?
order by keyed.batch_id, keyed.row_no, rules.rule, keyed.shown_column
"""


def write_findings(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Writes the feed's failures to ``warehouse.landing.findings``, in the caller's transaction."""
    shown = "rows.key"
    if "name" in feed.column_names:
        hidden = "replace(rows.key, rows.name, left(rows.name, 1) || '**')"
        shown = f"case when length(rows.name) > 1 then {hidden} else rows.key end"
    is_id = "keyed.shown_key is not null" if feed.has_id_key else holds_id_number("keyed.shown_key")
    place = f"coalesce(keyed.place_before, {place_of_row('files', 'keyed.row_no')})"
    masked_column = mask("failures.column_name")
    con.execute(
        _WRITE.format(shown=shown, is_id=is_id, place=place, masked_column=masked_column), [feed.agency, feed.name]
    )


def holds_id_number(text: str) -> str:
    """SQL: whether an id number stands in a text."""
    return f"(regexp_matches({text}, '{_ID_18}') or regexp_matches({text}, '{_ID_15}'))"


def place_of_row(files: str, row_no: str) -> str:
    """SQL of a row's place as people read it: file, sheet of a workbook, row. ``files``: ``memory.checking.files``."""
    sheet = f"coalesce(' ' || {files}.sheets[1 + ({row_no} >> {SHEET_BITS})], '')"
    row = f"if({files}.sheets is null, {row_no}, {row_no} & {(1 << SHEET_BITS) - 1})"
    return f"{files}.file_name || {sheet} || ' 第' || {row} || '行'"
