"""The expectations that a suite may use, and the SQL of the rows that each finds unexpected.

Great Expectations knows more. On DuckDB, some of those give wrong rows and some none: see
``docs/decisions/0020-expectations-offered.md``. What is here is tested against plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from reentry.nearest import nearest
from reentry.store import empty_connection

Kwargs = Mapping[str, Any]

PAIR_IGNORES = ("both_values_are_missing", "either_value_is_missing", "neither")
LIST_IGNORES = ("all_values_are_missing", "any_value_is_missing", "never")
OWN_SQL = "unexpected_rows"
_CONDITION_WORDS = ("row_condition", "condition_parser")
_PARSERS = ("great_expectations", "great_expectations__experimental__")
_OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "IN": "in", "NOT_IN": "not in"}


class NotOfferedError(ValueError):
    """What a suite asks for is not offered; the text says what to use instead."""


@dataclass(frozen=True)
class Offered:
    """One expectation: ``needs`` and ``may`` are its keyword arguments beside those of conditions.

    ``unexpected`` gives the SQL condition of an unexpected row; one with a window looks at all rows of a delivery.
    """

    says: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    unexpected: Callable[[Kwargs], str]
    ignores: tuple[str, ...] = ()
    is_window: bool = False


def name(column: str) -> str:
    """SQL of a column's name, whatever its letters."""
    return '"' + column.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """SQL of a value: numbers as they are, all else as a text, which DuckDB takes for what the column is."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    text = (
        str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, date) else str(value)
    )
    return "'" + text.replace("'", "''") + "'"


def _members(values: list[Any]) -> str:
    """A whole number is written as a text: codes are texts of digits."""
    return ", ".join(literal(str(v) if type(v) is int else v) for v in values if v is not None)


def _in_set(kwargs: Kwargs) -> str:
    return f"{name(kwargs['column'])} in ({_members(kwargs['value_set'])})"


def _outside(value: str, kwargs: Kwargs, low: str = "min_value", high: str = "max_value") -> str:
    bounds = []
    if kwargs.get(low) is not None:
        bounds.append(f"{value} {'<=' if kwargs.get('strict_min') else '<'} {literal(kwargs[low])}")
    if kwargs.get(high) is not None:
        bounds.append(f"{value} {'>=' if kwargs.get('strict_max') else '>'} {literal(kwargs[high])}")
    return " or ".join(bounds)


def _matches(kwargs: Kwargs) -> str:
    return f"regexp_matches({name(kwargs['column'])}::varchar, {literal(kwargs['regex'])})"


def _length(kwargs: Kwargs) -> str:
    return f"length({name(kwargs['column'])}::varchar)"


def _pair(kwargs: Kwargs) -> tuple[str, str]:
    return name(kwargs["column_A"]), name(kwargs["column_B"])


def _not_greater(kwargs: Kwargs) -> str:
    a, b = _pair(kwargs)
    if not kwargs.get("or_equal"):
        return f"not coalesce({a} > {b}, false)"
    return f"not coalesce({a} >= {b}, {a} is null and {b} is null)"


def _not_equal(kwargs: Kwargs) -> str:
    a, b = _pair(kwargs)
    return f"not coalesce({a} = {b}, false)"


def _columns(kwargs: Kwargs) -> list[str]:
    return [name(column) for column in kwargs["column_list"]]


def _not_unique_within(kwargs: Kwargs) -> str:
    columns = _columns(kwargs)
    pairs = [(a, b) for n, a in enumerate(columns) for b in columns[n + 1 :]]
    return " or ".join(f"{a} is not distinct from {b}" for a, b in pairs)


OFFERED: dict[str, Offered] = {
    "column_values_to_not_be_null": Offered(
        "the cell is filled", ("column",), (), lambda k: f"{name(k['column'])} is null"
    ),
    "column_values_to_be_null": Offered(
        "the cell is empty", ("column",), (), lambda k: f"{name(k['column'])} is not null"
    ),
    "column_values_to_be_in_set": Offered(
        "the value is one of `value_set`", ("column", "value_set"), (), lambda k: f"not {_in_set(k)}"
    ),
    "column_values_to_not_be_in_set": Offered("the value is none of `value_set`", ("column", "value_set"), (), _in_set),
    "column_values_to_be_between": Offered(
        "the value is from `min_value` to `max_value`; with `strict_min`, `strict_max` without the bound itself",
        ("column",),
        ("min_value", "max_value", "strict_min", "strict_max"),
        lambda k: _outside(name(k["column"]), k),
    ),
    "column_values_to_match_regex": Offered(
        "`regex` is found in the text, anywhere; `^` and `$` are its ends",
        ("column", "regex"),
        (),
        lambda k: f"not {_matches(k)}",
    ),
    "column_values_to_not_match_regex": Offered("`regex` is nowhere in the text", ("column", "regex"), (), _matches),
    "column_values_to_be_unique": Offered(
        "no other row of the file has the value; all rows that share one are unexpected",
        ("column",),
        (),
        lambda k: f"{name(k['column'])} is not null and count(*) over (partition by batch_id, {name(k['column'])}) > 1",
        is_window=True,
    ),
    "column_value_lengths_to_be_between": Offered(
        "the text has `min_value` to `max_value` characters",
        ("column",),
        ("min_value", "max_value", "strict_min", "strict_max"),
        lambda k: _outside(_length(k), k),
    ),
    "column_value_lengths_to_equal": Offered(
        "the text has `value` characters", ("column", "value"), (), lambda k: f"{_length(k)} != {literal(k['value'])}"
    ),
    "column_pair_values_a_to_be_greater_than_b": Offered(
        "`column_A` is greater than `column_B`, with `or_equal: true` or equal",
        ("column_A", "column_B"),
        ("or_equal",),
        _not_greater,
        ignores=PAIR_IGNORES,
    ),
    "column_pair_values_to_be_equal": Offered(
        "`column_A` and `column_B` are equal", ("column_A", "column_B"), (), _not_equal, ignores=PAIR_IGNORES
    ),
    "compound_columns_to_be_unique": Offered(
        "no other row of the file has the same values in `column_list`; all rows that share them are unexpected",
        ("column_list",),
        (),
        lambda k: f"count(*) over (partition by batch_id, {', '.join(_columns(k))}) > 1",
        ignores=LIST_IGNORES,
        is_window=True,
    ),
    "select_column_values_to_be_unique_within_record": Offered(
        "no two columns of `column_list` have the same value; two empty ones have",
        ("column_list",),
        (),
        _not_unique_within,
        ignores=LIST_IGNORES,
    ),
    "multicolumn_sum_to_equal": Offered(
        "the columns of `column_list` add up to `sum_total`",
        ("column_list", "sum_total"),
        (),
        lambda k: f"not coalesce({' + '.join(_columns(k))} = {literal(k['sum_total'])}, false)",
        ignores=LIST_IGNORES,
    ),
}

# what to use instead of what GX offers too
INSTEAD: dict[str, str] = {
    "column_values_to_be_in_type_list": "the contract's `type` says it, and a cell that does not parse is Q1 or W01",
    "column_values_to_be_of_type": "the contract's `type` says it, and a cell that does not parse is Q1 or W01",
    "column_values_to_match_regex_list": "use column_values_to_match_regex with the alternatives in one regex",
    "column_values_to_not_match_regex_list": "use column_values_to_not_match_regex with the alternatives in one regex",
    "column_values_to_match_like_pattern": "use column_values_to_match_regex",
    "column_values_to_not_match_like_pattern": "use column_values_to_not_match_regex",
    "column_values_to_match_like_pattern_list": "use column_values_to_match_regex",
    "column_values_to_not_match_like_pattern_list": "use column_values_to_not_match_regex",
}
_BY_QUERY = f"use {OWN_SQL} with a query of the rows that break the rule"


def fault_of(expect: str, kwargs: Kwargs) -> str | None:
    """Why a suite cannot use an expectation with these keyword arguments, and what to do; None when it can."""
    if expect == OWN_SQL:
        return None if set(kwargs) == {"unexpected_rows_query"} else f"{OWN_SQL} needs unexpected_rows_query, no more"
    if expect not in OFFERED:
        known = (*OFFERED, OWN_SQL)
        instead = INSTEAD.get(expect) or f"{_BY_QUERY}, or the nearest one offered, {nearest(expect, known)}"
        return f"{expect} is not offered: {instead}"
    offered = OFFERED[expect]
    ignores = ("ignore_row_if",) if offered.ignores else ()
    allowed = (*offered.needs, *offered.may, *_CONDITION_WORDS, *ignores)
    for word in kwargs:
        if word not in allowed:
            why = " (a rule is judged row by row)" if word == "mostly" else ""
            return f"{expect} has no {word} here{why}: leave it out; it takes {', '.join(allowed)}"
    for word in offered.needs:
        if word not in kwargs:
            return f"{expect} needs {word}: add it"
    return _fault_of_values(expect, kwargs)


def _fault_of_values(expect: str, kwargs: Kwargs) -> str | None:
    offered = OFFERED[expect]
    if "value_set" in kwargs and not [v for v in kwargs["value_set"] or [] if v is not None]:
        return f"{expect} has an empty value_set: name its values"
    if "min_value" in offered.may and kwargs.get("min_value") is None and kwargs.get("max_value") is None:
        return f"{expect} needs min_value, max_value or both: add one"
    if "column_list" in kwargs and len(kwargs["column_list"] or []) < 2:
        return f"{expect} needs two columns or more in column_list: add them"
    if kwargs.get("ignore_row_if", offered.ignores[0] if offered.ignores else None) not in (offered.ignores or (None,)):
        return f"{expect} knows no ignore_row_if {kwargs['ignore_row_if']}: write one of {', '.join(offered.ignores)}"
    if kwargs.get("condition_parser", _PARSERS[0]) not in _PARSERS:
        return f"{expect} knows only the condition_parser {_PARSERS[0]}: leave it out"
    if "regex" in kwargs and not _is_regex(kwargs["regex"]):
        return f"{expect}: {kwargs['regex']} is no regular expression that DuckDB knows: write it without look-ahead"
    try:
        condition_sql(kwargs.get("row_condition"))
    except NotOfferedError as error:
        return f"{expect}: {error}"
    return None


def _is_regex(text: Any) -> bool:
    con = empty_connection()
    try:
        con.execute(f"select regexp_matches('', {literal(text)})")
    except duckdb.Error:
        return False
    finally:
        con.close()
    return True


def rows_query(expect: str, kwargs: Kwargs, table: str, columns: str = "batch_id, row_no") -> str:
    """SQL of ``columns`` of the rows of a table that an offered expectation finds unexpected."""
    offered = OFFERED[expect]
    scope = " and ".join(
        f"({part})" for part in (condition_sql(kwargs.get("row_condition")), _not_ignored(expect, kwargs)) if part
    )
    unexpected = f"coalesce({offered.unexpected(kwargs)}, false)"
    if offered.is_window:
        return f"select {columns} from {table}{f' where {scope}' if scope else ''} qualify {unexpected}"
    return f"select {columns} from {table} where {f'{scope} and ' if scope else ''}{unexpected}"


def _not_ignored(expect: str, kwargs: Kwargs) -> str | None:
    offered = OFFERED[expect]
    if not offered.ignores:
        return None
    columns = _columns(kwargs) if "column_list" in kwargs else _pair(kwargs)
    every, some, _ = offered.ignores
    ignore = kwargs.get("ignore_row_if", every)
    if ignore == every:
        return " or ".join(f"{column} is not null" for column in columns)
    if ignore == some:
        return " and ".join(f"{column} is not null" for column in columns)
    return None


# what GX itself judges rightly on DuckDB, many at once in one query: these, without conditions, of plain words
_BY_GX = (
    "column_values_to_not_be_null",
    "column_values_to_be_null",
    "column_values_to_be_in_set",
    "column_values_to_not_be_in_set",
    "column_values_to_be_between",
    "column_pair_values_a_to_be_greater_than_b",
)
_PLAIN = re.compile(r"[\w.-]*")


def is_for_gx(expect: str, kwargs: Kwargs) -> bool:
    """Whether GX's own judgement of an offered expectation is used: it is the same, and quicker."""
    values = [v for value in kwargs.values() for v in (value if isinstance(value, list) else [value])]
    return (
        expect in _BY_GX
        and not any(kwargs.get(word) for word in _CONDITION_WORDS)
        and kwargs.get("ignore_row_if") in ((PAIR_IGNORES[1],) if OFFERED[expect].ignores else (None,))
        and all(isinstance(v, (bool, int, float)) or (isinstance(v, str) and _PLAIN.fullmatch(v)) for v in values)
    )


# conditions -----------------------------------------------------------------------------------------------------------

_SIMPLE = re.compile(
    r"""\s*col\(\s*(?P<q>["'])(?P<column>.+?)(?P=q)\s*\)\s*
    (?: (?P<null>\.\s*(?:is_?)?(?P<not>not_?)?null\(\s*\))
      | (?P<op>==|!=|<=|>=|<|>)\s*
        (?: (?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
          | (?:date\(\s*)?(?P<vq>["'])(?P<text>.*?)(?P=vq)(?:\s*\))? ) )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_SAYS = 'write row_condition as col("column")=="value", col("column")>=5 or col("column").notNull()'


def condition_sql(condition: Any) -> str | None:
    """SQL of a row condition, as GX writes it: a text, or a mapping with ``type``; None without one.

    A row in which the column is empty fulfils no comparison. NotOfferedError for what cannot be read.
    """
    if condition is None:
        return None
    if isinstance(condition, str):
        return _of_text(condition)
    if hasattr(condition, "dict"):  # a Condition of GX
        condition = condition.dict()
    try:
        return _of_mapping(condition)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotOfferedError(f"the row_condition {condition} cannot be read: {_SAYS}") from error


def _of_text(condition: str) -> str:
    parts = []
    position = 0
    while True:
        found = _SIMPLE.match(condition, position)
        if not found:
            raise NotOfferedError(f"the row_condition {condition} cannot be read: {_SAYS}")
        parts.append(_of_match(found))
        position = found.end()
        if position == len(condition):
            return " and ".join(parts)
        joined = re.compile(r"and\b|&", re.IGNORECASE).match(condition, position)
        if not joined:
            raise NotOfferedError(f"the row_condition {condition} cannot be read: {_SAYS}, joined by `and`")
        position = joined.end()


def _of_match(found: re.Match[str]) -> str:
    column = name(found["column"])
    if found["null"]:
        return f"{column} is {'not ' if found['not'] else ''}null"
    value = found["number"] or literal(found["text"])
    return f"{column} {_OPERATORS[found['op']]} {value}"


def _of_mapping(condition: Mapping[str, Any]) -> str:
    kind = condition["type"]
    if kind in ("and", "or"):
        return f" {kind} ".join(f"({condition_sql(part)})" for part in condition["conditions"])
    column = condition["column"]
    column = name(column if isinstance(column, str) else column["name"])
    if kind == "nullity":
        return f"{column} is {'' if condition['is_null'] else 'not '}null"
    if kind != "comparison":
        raise NotOfferedError(f"a row_condition of type {kind} is not offered: {_SAYS}")
    operator, value = condition["operator"], condition["parameter"]
    if operator in ("IN", "NOT_IN"):
        return f"{column} {_OPERATORS[operator]} ({', '.join(map(literal, value))})"
    return f"{column} {_OPERATORS[operator]} {literal(value)}"
