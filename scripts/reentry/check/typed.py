"""Typed rows: from the cells of a feed's new batches to ``memory.checking.rows``."""

from __future__ import annotations

import duckdb

from reentry.contract import Column, Feed, key_of

# The state of an id by its text alone; of being born before the delivery, _looked_up judges.
_ID_STATE = """
case when word is null then 'missing' when value is null then 'excel_error' else coalesce(
    memory.main.id_18_problem(value, date '2100-12-31'),
    case when memory.main.word_id_is_raised(word) then 'W07' end, 'valid') end
"""

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
    """Fills ``memory.checking.typed_rows`` with the feed's data rows of new batches, and defines the view ``rows``.

    Columns: batch_id, row_no, delivered_on, is_spoiled, is_broken (its quotes are, so cells are missing), withdrawn,
    every contract column typed (in a withdrawal: those of the key only), of feeds with ids id_no_state (valid, missing,
    excel_error, W03 … W07), and the lists unparsed and excel_errors of optional columns (null when empty). The view has
    the key beside.

    A column that is no free text has few texts for its many rows: each text is parsed once, and its rows look it up.
    """
    columns = [*feed.columns, WITHDRAWN]
    free = [c for c in columns if _is_free(c)]
    others = [c for c in columns if not _is_free(c)]
    carried = "batch_id, row_no, delivered_on, is_spoiled, is_broken"

    def unless_gone(name: str, value: str) -> str:
        is_kept = feed.is_snapshot or name in feed.key or name == "case_kind"  # by which Q4 forgets
        return value if is_kept else f"case when withdrawn is distinct from true then {value} end"

    words = [f"memory.main.cell_clean(r.{c.name}) as {c.name}__word" for c in free]
    values = [f"{unless_gone(c.name, _value(c))} as {c.name}" for c in feed.columns]
    states = [f"{unless_gone('', f'{c.name}_state')} as {c.name}_state" for c in others if c.type == "resident_id"]
    con.execute(f"""
        create or replace table memory.checking.typed_rows as
        with new_rows as not materialized (
            select r.*, f.delivered_on, f.units[1 + (r.row_no >> f.row_bits)] as units
            from warehouse.raw.{feed.table} as r
            inner join memory.checking.files as f on r.batch_id = f.batch_id
            where r.row_kind in ('data', 'broken') and f.is_new
        ),
        {" ".join(f"{_texts_of(c)}," for c in others)}
        parsed as (
            select
                r.batch_id, r.row_no, r.delivered_on, r.spoiled is not null as is_spoiled,
                r.row_kind = 'broken' as is_broken,
                {", ".join(words + [_looked_up(c) for c in others])}
            from new_rows as r
            {" ".join(_look_up(c) for c in others)}
        )
        select
            {carried}, withdrawn,
            {", ".join(values + states)},
            {unless_gone("", _columns_with("unparsed", others))} as unparsed,
            {unless_gone("", _columns_with("excel_error", columns))} as excel_errors
        from parsed
    """)
    con.execute(f"""
        create or replace view memory.checking.rows as select *, {key_of(feed)} as key from memory.checking.typed_rows
    """)


def _is_free(column: Column) -> bool:
    return column.type in ("text", "person_name")


def _texts_of(column: Column) -> str:
    """CTE of the texts of a column in the new rows: text, unit (of money), value, fault; of ids state and born_on."""
    name, look_up, value = column.name, "", _parse(column)
    list_name = column.code_list or (column.type if column.type in ("township", "district") else None)
    if list_name:
        word = f"memory.main.word_drop_suffix(word, '{column.drop_suffix}')" if column.drop_suffix else "word"
        known = f"select word as known, code from memory.checking.words where list = '{list_name}'"
        look_up, value = f"left join ({known}) as listed on {word} = listed.known", "listed.code"
    normal = "cell_normal" if column.type == "flag" else "cell_clean"
    more = (
        f", {_ID_STATE} as state, memory.main.id_birth_date(value) as born_on" if column.type == "resident_id" else ""
    )
    return f"""{name}__texts as materialized (
        select text, unit, value, {_fault(column)} as fault{more}
        from (
            select text, unit, word, {value} as value
            from (
                select text, unit, memory.main.{normal}(text) as word
                from (select distinct {name} as text, {_unit(column)} as unit from new_rows where {name} is not null)
            )
            {look_up}
        )
    )"""


def _unit(column: Column) -> str:
    return f"units['{column.name}']" if column.type == "money" else "null::varchar"


def _parse(column: Column) -> str:
    match column.type:
        case "flag":
            return "memory.main.normal_flag(word)"
        case "money":
            return "memory.main.word_money(word, unit)"
        case "resident_id":
            return "memory.main.word_id_18(memory.main.word_text(word))"
    return f"memory.main.word_{column.type}(word)"


def _fault(column: Column) -> str:
    """Of optional columns only: a required one has a rule of its own for cells without a value."""
    if column.required:
        return "null::varchar"
    return (
        "case when memory.main.word_is_excel_error(word) then 'excel_error'"
        f" when {_is_unparsed(column)} then 'unparsed' end"
    )


def _is_unparsed(column: Column) -> str:
    if column.type in ("resident_id", "township"):  # of which other rules speak, or none
        return "false"
    if column.type == "duration":
        return "memory.main.word_is_unparsed_duration(word)"
    present = "memory.main.word_or_null(word)" if column.type == "flag" else "word"
    return f"value is null and {present} is not null"


def _look_up(column: Column) -> str:
    texts = f"{column.name}__texts"
    unit = f" and r.{_unit(column)} is not distinct from {texts}.unit" if column.type == "money" else ""
    return f"left join {texts} on r.{column.name} = {texts}.text{unit}"


def _looked_up(column: Column) -> str:
    name, texts = column.name, f"{column.name}__texts"
    found = f"{texts}.value as {name}, {texts}.fault as {name}__fault"
    if column.type != "resident_id":
        return found
    # only the row knows the day before which a person must have been born
    too_late = f"{texts}.born_on > r.delivered_on and {texts}.state in ('valid', 'W05', 'W07')"
    return f"{found}, case when {too_late} then 'W06' else coalesce({texts}.state, 'missing') end as {name}_state"


def _value(column: Column) -> str:
    if column.type == "resident_id":
        return f"case when {column.name}_state in ('valid', 'W07') then {column.name} end"
    return f"memory.main.word_{column.type}({column.name}__word)" if _is_free(column) else column.name


def _columns_with(fault: str, columns: list[Column]) -> str:
    """SQL of the list of optional columns with the fault; null when there are none, which is the rule."""
    conditions = {
        c.name: f"coalesce(memory.main.word_is_excel_error({c.name}__word), false)"
        if _is_free(c)
        else f"{c.name}__fault = '{fault}'"
        for c in columns
        if not c.required
    }
    listed = ", ".join(f"case when {condition} then '{name}' end" for name, condition in conditions.items())
    return (
        f"case when {' or '.join(conditions.values())} then list_filter([{listed}], lambda name: name is not null) end"
    )
