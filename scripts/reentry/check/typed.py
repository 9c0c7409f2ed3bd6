"""Typed rows: from the cells of a feed's new batches to ``memory.checking.rows``."""

from __future__ import annotations

import duckdb

from reentry.contract import Column, Feed

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
    """Fills ``memory.checking.words`` (list, word, code): what agencies write for codes, townships and districts."""
    lists = sorted({c.code_list for feed in feeds for c in feed.columns if c.code_list})
    con.execute(_WORDS.format(codes="".join(_CODES.format(name=name) for name in lists)))


def build_rows(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Fills ``memory.checking.rows`` with the feed's data rows of new batches.

    Columns: batch_id, row_no, delivered_on, is_spoiled, is_broken (spoiled, and no cell could be told), withdrawn,
    row_state (whole, broken, withdrawn), every contract column typed (in a withdrawal: those of the key
    only), id_no_state (valid, missing, excel_error, W03 … W07), the lists unparsed and excel_errors of optional columns
    (null when empty), and key.
    """
    columns = _columns(feed)
    joins = " ".join(
        f"left join (select word, code from memory.checking.words where list = '{_list(c)}') as l_{c.name}"
        f" on {_looked_up(c)} = l_{c.name}.word"
        for c in columns
        if _list(c)
    )
    ids = [c for c in columns if c.type == "resident_id"]

    def unless_gone(name: str, value: str) -> str:
        is_kept = feed.is_snapshot or name in feed.key or name == "case_kind"  # by which Q4 forgets
        return value if is_kept else f"case when withdrawn is distinct from true then {value} end"

    carried = "batch_id, row_no, delivered_on, is_spoiled, is_broken"
    con.execute(f"""
        create or replace table memory.checking.rows as
        with words as (
            select
                r.batch_id, r.row_no, f.delivered_on, f.units,
                r.spoiled is not null as is_spoiled,
                r.spoiled is not null
                and coalesce({", ".join(f"nullif(r.{c.name}, '')" for c in feed.columns)}) is null as is_broken,
                {", ".join(f"{_clean(c)} as {c.name}" for c in columns)}
            from warehouse.raw.{feed.table} as r
            inner join memory.checking.files as f on r.batch_id = f.batch_id
            where r.row_kind = 'data' and f.is_new
        ),
        parsed as (
            select
                {carried},
                {", ".join(f"w.{c.name} as {c.name}__word" for c in columns)},
                {", ".join(f"{_parse(c)} as {c.name}" for c in columns)}
            from words as w {joins}
        ),
        judged as (
            select *, {", ".join(_id_state(c) for c in ids) or "null as no_id"} from parsed
        )
        select
            {carried},
            withdrawn,
            case when is_broken then 'broken' when withdrawn then 'withdrawn' else 'whole' end as row_state,
            {", ".join(f"{unless_gone(c.name, _value(c))} as {c.name}" for c in feed.columns)},
            {unless_gone("", "id_no_state" if ids else "null::varchar")} as id_no_state,
            {unless_gone("", _columns_where([(c.name, _is_unparsed(c)) for c in columns]))} as unparsed,
            {unless_gone("", _columns_where([(c.name, _is_error(c)) for c in columns if not c.required]))}
                as excel_errors,
            {_judged_key(feed)} as key
        from judged
    """)


def _judged_key(feed: Feed) -> str:
    return " || '|' || ".join(f"({_value(feed.column(name))})::varchar" for name in feed.key)


def _columns(feed: Feed) -> list[Column]:
    return [*feed.columns, WITHDRAWN]


def _list(column: Column) -> str | None:
    return column.code_list or (column.type if column.type in ("township", "district") else None)


def _looked_up(column: Column) -> str:
    if column.drop_suffix:
        return f"memory.main.word_drop_suffix(w.{column.name}, '{column.drop_suffix}')"
    return f"w.{column.name}"


def _clean(column: Column) -> str:
    macro = "cell_normal" if column.type == "flag" else "cell_clean"
    return f"memory.main.{macro}(r.{column.name})"


def _parse(column: Column) -> str:
    word = f"w.{column.name}"
    if _list(column):
        return f"l_{column.name}.code"
    match column.type:
        case "flag":
            return f"memory.main.normal_flag({word})"
        case "money":
            return f"memory.main.word_money({word}, w.units['{column.name}'])"
        case "resident_id":
            return f"memory.main.word_id_18(memory.main.word_text({word}))"
    return f"memory.main.word_{column.type}({word})"


def _id_state(column: Column) -> str:
    name = column.name
    return (
        f"case when {name}__word is null then 'missing' when {name} is null then 'excel_error' else coalesce("
        f"memory.main.id_18_problem({name}, delivered_on),"
        f" case when memory.main.word_id_is_raised({name}__word) then 'W07' end, 'valid') end as {name}_state"
    )


def _value(column: Column) -> str:
    if column.type == "resident_id":
        return f"case when {column.name}_state in ('valid', 'W07') then {column.name} end"
    return column.name


def _is_error(column: Column) -> str:
    return f"coalesce(memory.main.word_is_excel_error({column.name}__word), false)"


def _is_unparsed(column: Column) -> str | None:
    """Null when a cell of the column always parses, or its failure has another rule."""
    if column.required or column.type in ("text", "person_name", "resident_id", "township"):
        return None
    word = f"{column.name}__word"
    if column.type == "duration":
        return f"memory.main.word_is_unparsed_duration({word}) and not {_is_error(column)}"
    present = f"memory.main.word_or_null({word})" if column.type == "flag" else word
    return f"{column.name} is null and {present} is not null and not {_is_error(column)}"


def _columns_where(conditions: list[tuple[str, str | None]]) -> str:
    """SQL of the list of columns whose condition holds; null when none does, which is the rule."""
    there = [(name, condition) for name, condition in conditions if condition]
    if not there:
        return "null::varchar[]"
    any_of = " or ".join(f"({condition})" for _, condition in there)
    listed = ", ".join(f"case when {condition} then '{name}' end" for name, condition in there)
    return f"case when {any_of} then list_filter([{listed}], lambda name: name is not null) end"
