"""Typed rows: from the cells of a feed's new batches to ``memory.checking.rows``."""

from __future__ import annotations

import duckdb

from reentry.check.column_sql import ColumnSql, names_where
from reentry.check.no_names import words_of
from reentry.contract import Column, Feed, key_of

# what a withdrawal may hold; parsed like any other optional flag
WITHDRAWN = Column(
    name="withdrawn",
    headers=("作废",),
    type="flag",
    required=False,
    code_list=None,
    drop_suffix=None,
    totalled=False,
)

_WORDS = """
create or replace table memory.checking.words as
with townships as (
    select township_code as code, township_name as name
    from warehouse.reference.townships
    where district_code = (select district_code from warehouse.reference.settings)
),
districts as (
    select district_code as code, district_name as name from warehouse.reference.districts
),
-- rank: where two readings of a word compete, the lower one wins; within a rank it must be the only one
named as (
    select 'township' as list, 1 as rank, code as word, code from townships
    union all select 'township', 1, name, code from townships
    union all select 'township', 2, names.name, names.township_code
        from warehouse.reference.township_names as names
        inner join townships on names.township_code = townships.code
    union all select 'township', 3, regexp_replace(name, '(街道|镇|乡)$', ''), code from townships
    union all select 'district', 1, code, code from districts
    union all select 'district', 1, name, code from districts
    union all select 'district', 2, name, district_code from warehouse.reference.district_names
    union all select 'district', 3, regexp_replace(name, '[区县]$', ''), code from districts
    {codes}
),
cleaned as (
    select list, rank, memory.main.cell_clean(word) as word, code from named
),
ranked as (
    select list, word, rank, min(code) as code, count(distinct code) as codes
    from cleaned
    where word is not null
    group by all
)
select list, word, code
from ranked
qualify rank = min(rank) over (partition by list, word) and codes = 1
"""

# a code without its leading zero; further words of a list are set apart by | ; 、 or a comma
_CODES = """
    union all select '{name}', 1, code, code from warehouse.reference.{name}
    union all select '{name}', 2, substr(code, 2), code from warehouse.reference.{name} where code like '0_%'
    union all select '{name}', 1, name, code from warehouse.reference.{name}
    union all select '{name}', 2, unnest(regexp_split_to_array(words, '[|;；、,，]')), code
        from warehouse.reference.{name}
"""


def install_words(con: duckdb.DuckDBPyConnection, feeds: tuple[Feed, ...]) -> None:
    """Fills ``memory.checking.words`` (list, word, code): what agencies write for codes, townships and districts.

    And ``memory.checking.no_names`` (word): which of these are no person's name.
    """
    lists = sorted({c.code_list for feed in feeds for c in feed.columns if c.code_list})
    con.execute(_WORDS.format(codes="".join(_CODES.format(name=name) for name in lists)))
    con.execute(f"create or replace table memory.checking.no_names as {words_of('warehouse.reference')}")


def build_rows(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fills ``memory.checking.typed_rows`` with the feed's data rows of new batches, and defines the view ``rows``.

    Columns: batch_id, row_no, delivered_on, is_spoiled, is_broken (its quotes are, so cells are missing), withdrawn,
    every contract column typed (in a withdrawal: those of the key only), of feeds with ids id_no_state (valid, missing,
    excel_error, W03 … W07), and lists of columns (null when empty): unparsed and excel_errors of optional ones,
    damaged_keys (what a spreadsheet did to the key, else to other required numbers), unreadable (a name or number that
    nobody can read), unfilled (an empty cell under a merged one). The view has the key beside.

    Also ``memory.checking.delivered_columns``: of each batch the lists late_columns (date cells that are taken for the
    next day) and wan_columns (header and number format both say 万).

    A column that is no free text has few texts for its many rows: each text is parsed once, and its rows look it up.
    What landing notes of single cells of a workbook changes how they are read; few files have any notes.
    """
    notes = _notes(con, feed)
    columns = [ColumnSql(c, c.name in feed.key, notes.get(c.name, frozenset())) for c in (*feed.columns, WITHDRAWN)]
    others = [c for c in columns if not c.is_free]
    carried = "batch_id, row_no, delivered_on, is_spoiled, is_broken"

    def unless_gone(name: str, value: str) -> str:
        is_kept = feed.is_snapshot or name in feed.key or name == "case_kind"  # by which Q4 forgets
        return value if is_kept else f"case when withdrawn is distinct from true then {value} end"

    values = [f"{unless_gone(c.name, c.value())} as {c.name}" for c in columns if c.column is not WITHDRAWN]
    states = [
        f"{unless_gone('', f'{c.name}_state')} as {c.name}_state" for c in others if c.column.type == "resident_id"
    ]
    con.execute(f"""
        create or replace table memory.checking.typed_rows as
        with {_new_rows(feed)},
        {" ".join(f"{c.texts()}," for c in others)}
        parsed as (
            select
                r.batch_id, r.row_no, r.delivered_on, r.spoiled is not null as is_spoiled,
                r.row_kind = 'broken' as is_broken, {"r.notes," if notes else ""}
                {", ".join(c.parsed() for c in columns)}
            from new_rows as r
            {" ".join(c.look_up() for c in others)}
        )
        select
            {carried}, withdrawn,
            {", ".join(values + states)},
            {unless_gone("", names_where((c.name, c.is_unparsed()) for c in columns))} as unparsed,
            {unless_gone("", names_where((c.name, c.is_error()) for c in columns))} as excel_errors,
            coalesce(
                {names_where((c.name, c.is_damaged_key()) for c in columns)},
                {unless_gone("", names_where((c.name, c.is_damaged_number()) for c in columns))}
            ) as damaged_keys,
            {unless_gone("", names_where((c.name, c.is_unreadable()) for c in columns))} as unreadable,
            {unless_gone("", names_where((c.name, c.is_unfilled()) for c in columns))} as unfilled
        from parsed
    """)
    con.execute(f"""
        create or replace view memory.checking.rows as select *, {key_of(feed)} as key from memory.checking.typed_rows
    """)
    _list_columns(con, feed, notes)


def _new_rows(feed: Feed) -> str:
    return f"""new_rows as not materialized (
        select r.*, f.delivered_on, f.units[1 + (r.row_no >> f.row_bits)] as units
        from warehouse.raw.{feed.table} as r
        inner join memory.checking.files as f on r.batch_id = f.batch_id
        where r.row_kind in ('data', 'broken') and f.is_new
    )"""


def _notes(con: duckdb.DuckDBPyConnection, feed: Feed) -> dict[str, frozenset[str]]:
    """The kinds of notes that landing made of the new rows, by column."""
    found: dict[str, frozenset[str]] = {}
    noted = f"with {_new_rows(feed)} select distinct unnest(notes) from new_rows where notes is not null"
    for (note,) in con.execute(noted).fetchall():
        name, _, kind = note.partition(":")
        found[name] = found.get(name, frozenset()) | {kind}
    return found


def _list_columns(con: duckdb.DuckDBPyConnection, feed: Feed, notes: dict[str, frozenset[str]]) -> None:
    """Fills ``memory.checking.delivered_columns``: batch_id, row_no (null), late_columns, wan_columns."""
    con.execute(
        "create or replace table memory.checking.delivered_columns"
        " (batch_id integer, row_no integer, late_columns varchar[], wan_columns varchar[])"
    )
    late = [c.name for c in feed.columns if c.type in ("date", "month") and "late" in notes.get(c.name, ())]
    wan = [c.name for c in feed.columns if c.type == "money" and "wan" in notes.get(c.name, ())]
    if late or wan:
        con.execute(
            f"""
            insert into memory.checking.delivered_columns
            with {_new_rows(feed)},
            noted as (
                select batch_id, units, split_part(note, ':', 1) as name, split_part(note, ':', 2) as kind
                from (select batch_id, units, unnest(notes) as note from new_rows where notes is not null)
            )
            select
                batch_id, null,
                list(distinct name order by name) filter (kind = 'late' and list_contains($1::varchar[], name)),
                list(distinct name order by name)
                    filter (kind = 'wan' and list_contains($2::varchar[], name) and units[name] = '万元')
            from noted group by batch_id
            """,
            [late, wan],
        )
