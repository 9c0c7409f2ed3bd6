"""Gate G5: no id number and no full name in what is published; the rows behind one are quarantined (rule Q8).

The gate reads every text that is about to be published. What it finds is traced to the rows in force that hold it, in
the free-text columns of their feeds. An id number counts when it is valid: most numbers of 18 digits are no ids. The
number of a payment or a dossier, made of a district's code, a day and a serial, is a valid one by chance once in eleven
times: in a column of numbers it counts when somebody in the feeds has that id. A full name that is the word for
something else (a township, a code, an office, what stands in many rows of its column) is no name: then the row that has
it as the name of a person is at fault, never the rows that hold the word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import duckdb

from reentry.check.cells import install_cells
from reentry.check.no_names import OFFICE, words_of
from reentry.contract import Column, Feed, feeds, key_of
from reentry.errors import GateError
from reentry.land.places import place_of_row, place_zh

_PLACES_SHOWN = 3
_ROWS_OF_A_WORD = 3  # what stands in more rows of its column is a word and no name
_NOT_PUBLISHED = ("work", "basis", "warehouse", "memory", "system", "temp")
# what may hold an id number: looked for in every text, and only then parsed
_ID_LENGTH = 18
_ID_NUMBER = r"(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9Xx]($|[^0-9])"


@dataclass(frozen=True)
class Place:
    """Where personal data stands that would have been published: in a row, or in a header or sheet's name of a file.

    ``table`` and ``column`` are published; ``row_no`` and ``feed_column`` are None for a header or the name of a sheet.
    """

    table: str
    column: str
    feed: str
    file_name: str
    batch_id: int
    row_no: int | None
    feed_column: str | None
    sheets: list[str] | None = field(hash=False)  # of a workbook

    @property
    def header(self) -> str | None:
        """What the agency calls the column."""
        feed = next(feed for feed in feeds() if feed.id == self.feed)
        return feed.column(self.feed_column).headers[0] if self.feed_column else None

    @property
    def place_zh(self) -> str | None:
        """The row as people find it: in a workbook with its sheet."""
        return None if self.row_no is None else place_zh(*place_of_row(self.sheets, self.row_no))

    def __str__(self) -> str:
        """What would show it, and what it comes from."""
        where = f"{self.place_zh}, {self.header}" if self.row_no is not None else "a header or the name of a sheet"
        return f"{self.table}.{self.column} (from {self.feed}, {self.file_name}, {where})"


class PersonalDataError(GateError):
    """Personal data in what was about to be published; ``places``: what it comes from, as far as that is known."""

    def __init__(self, places: list[Place], unknown: list[str]) -> None:
        """``unknown``: published columns, as table.column, of what stands in no file."""
        said = [*map(str, places), *unknown]
        more = f" and {len(said) - _PLACES_SHOWN} more places" if len(said) > _PLACES_SHOWN else ""
        super().__init__(
            "Gate G5: id numbers or full names would be published in"
            f" {'; '.join(said[:_PLACES_SHOWN])}{more}; nothing new is published."
        )
        self.places = places


def refuse_personal_data(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Raises PersonalDataError when a text that is about to be published is a full name or holds a valid id number.

    Published is every attached database but ``work`` (the rows in force) and ``basis`` (the reference tables).
    ``day`` is the day of the build, before which a person must have been born.
    """
    _find_suspects(con)
    if _is_empty(con, "suspects"):
        return
    define_ids(con, day)
    con.execute("delete from memory.main.suspects where not is_name and len(memory.main.ids_in(text)) = 0")
    con.execute(f"delete from memory.main.suspects where not is_name and {_is_number_by_chance(con)}")
    if not _is_empty(con, "suspects"):
        _find_holders(con)
        raise PersonalDataError(_places(con), _unknown(con))


def define_ids(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Defines ``memory.main.ids_in(text)``: the valid id numbers within a text; empty when there are none."""
    install_cells(con)
    con.execute(f"""
        create or replace macro memory.main.ids_in(text) as list_filter(
            list_transform(
                list_filter(
                    regexp_extract_all(coalesce(text, ''), '[0-9]{{17,}}[Xx]?'),
                    lambda run: length(rtrim(run, 'Xx')) in (17, {_ID_LENGTH})
                ),
                lambda run: upper(left(run, {_ID_LENGTH}))
            ),
            lambda id_no: length(id_no) = {_ID_LENGTH} and memory.main.id_18_problem(id_no, date '{day}') is null
        )
    """)


def may_hold_id(text: str) -> str:
    """SQL: whether it is worth while to look for id numbers in a text."""
    return f"(strlen({text}) >= {_ID_LENGTH} and regexp_matches({text}, '{_ID_NUMBER}'))"


def _is_number_by_chance(con: duckdb.DuckDBPyConnection) -> str:
    """SQL: whether a suspect is the whole text of a column of numbers, and nobody in force has that id number."""
    numbers = sorted({column.name for feed in feeds() for column in feed.columns if column.is_number})
    ids = [f"select {column.name} from work.main.stg_{feed.table}" for feed, column in _in_force(con, "resident_id")]
    named = ", ".join(f"'{name}'" for name in numbers)
    return (
        f"column_name in ({named}) and length(text) = {_ID_LENGTH}"
        f" and not exists (from ({' union all '.join(ids)}) as ids (id_no) where ids.id_no = upper(text))"
    )


def _is_empty(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"select 1 from memory.main.{table} limit 1").fetchone() is None


def _find_suspects(con: duckdb.DuckDBPyConnection) -> None:
    """Fills ``memory.main.suspects``: the texts that are full names or look as if they held an id number, and where."""
    databases = ", ".join(f"'{name}'" for name in _NOT_PUBLISHED)
    columns = con.execute(
        f"""
        select database_name, table_name, column_name
        from duckdb_columns()
        where database_name not in ({databases}) and not internal and data_type = 'VARCHAR'
            and table_name not in ('definitions', 'build_info') and table_name not like 'dim\\_%' escape '\\'
            and column_name not like '%\\_key' escape '\\' and column_name != 'owner' -- of a rule: a setting of ours
        """
    ).fetchall()
    texts = ["select null::varchar as table_name, null::varchar as column_name, null::varchar as text where false"]
    texts += [
        f"select '{table}', '{column}', {column} from {database}.main.{table} where {column} is not null"
        for database, table, column in columns
    ]
    con.execute(f"""
        create or replace table memory.main.suspects as
        select distinct table_name, column_name, text, text in (select name from work.main.int_full_names) as is_name
        from ({" union all ".join(texts)})
        where {may_hold_id("text")} or text in (select name from work.main.int_full_names)
    """)


def _in_force(con: duckdb.DuckDBPyConnection, *types: str) -> Iterator[tuple[Feed, Column]]:
    """The columns of these types that the rows in force have, feed by feed."""
    there = set(
        con.execute("select table_name, column_name from duckdb_columns() where database_name = 'work'").fetchall()
    )
    for feed in feeds():
        for column in feed.columns:
            if column.type in types and (f"stg_{feed.table}", column.name) in there:
                yield feed, column


def _find_holders(con: duckdb.DuckDBPyConnection) -> None:
    """Fills ``memory.main.holders``: the rows in force at fault, with the column and the published text.

    Of several free-text columns that hold a text, those count that are published under their own name.
    """
    con.execute("""
        create or replace table memory.main.suspect_ids as
        select text, unnest(memory.main.ids_in(text)) as id_no from memory.main.suspects
    """)
    con.execute(f"create or replace table memory.main.in_texts as {_in_texts(con)}")
    con.execute(f"""
        create or replace table memory.main.words as
        select distinct text from memory.main.suspects
        where is_name and (
            text in ({words_of("basis.reference")})
            or regexp_full_match(text, '{OFFICE}')
            or text in (
                select text from memory.main.in_texts
                group by text, feed, column_name
                having count(distinct row_key) > {_ROWS_OF_A_WORD}
            )
            -- in no row at all: a word of the dashboards
            or text not in (select text from memory.main.in_texts)
            and text not in (select column_name from marts.main.fct_findings where column_name is not null)
        )
    """)
    names = [
        f"select '{feed.id}' as feed, '{column.name}' as column_name, {key_of(feed)} as row_key, batch_id, row_no,"
        f" {column.name} as text from work.main.stg_{feed.table} where {column.name} in (from memory.main.words)"
        for feed, column in _in_force(con, "person_name")
    ]
    con.execute(f"""
        create or replace table memory.main.holders as
        select feed, column_name, batch_id, row_no, text
        from memory.main.in_texts where text not in (from memory.main.words)
        union all
        select feed, column_name, batch_id, row_no, text from ({" union all ".join(names)})
    """)


def _in_texts(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of the free texts in force that are a suspect name or hold a suspect id number, one row a text published."""
    rows = []
    for feed, column in _in_force(con, "text"):
        read = (
            f"select '{feed.id}' as feed, '{column.name}' as column_name, {key_of(feed)} as row_key, batch_id, row_no,"
        )
        table = f"work.main.stg_{feed.table}"
        rows.append(
            f"{read} {column.name} as text from {table}"
            f" where {column.name} in (select text from memory.main.suspects where is_name)"
        )
        rows.append(
            f"{read} suspect_ids.text from {table} inner join memory.main.suspect_ids"
            f" on list_contains(memory.main.ids_in({column.name}), suspect_ids.id_no)"
            f" where {may_hold_id(column.name)}"
        )
    return f"""
        with found as ({" union all ".join(rows)}),
        shown as (
            select *, (text, column_name) in (select (text, column_name) from memory.main.suspects) as is_shown
            from found
        )
        select * from shown
        qualify is_shown or not bool_or(is_shown) over (partition by text)
    """


def _places(con: duckdb.DuckDBPyConnection) -> list[Place]:
    rows = con.execute("""
        with named as (
            select distinct feed, column_name, batch_id, row_no, text from memory.main.holders
            union all
            -- a header or the name of a sheet: findings name it
            select distinct findings.feed, null, findings.batch_id, null, findings.column_name
            from marts.main.fct_findings as findings
            where findings.column_name in (select text from memory.main.suspects where is_name)
        ),
        shown as (
            select text, min((table_name, column_name)) as place from memory.main.suspects group by text
        )
        select
            any_value(shown.place)[1], any_value(shown.place)[2],
            named.feed, any_value(batches.file_name), named.batch_id, named.row_no, named.column_name,
            any_value(batches.sheets)
        from named
        inner join shown on named.text = shown.text
        inner join basis.landing.batches as batches on named.batch_id = batches.batch_id
        group by named.feed, named.batch_id, named.row_no, named.column_name
        order by named.feed, named.batch_id, named.row_no, named.column_name
    """).fetchall()
    return [Place(*row) for row in rows]


def _unknown(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("""
        select distinct table_name || '.' || column_name from memory.main.suspects
        where text not in (select text from memory.main.holders)
            and text not in (select column_name from marts.main.fct_findings where column_name is not null)
        order by 1
    """).fetchall()
    return [place for (place,) in rows]
