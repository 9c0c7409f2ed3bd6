"""Every expectation that a suite may use, against plain Python over the same rows; every other is refused."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from great_expectations.expectations.registry import list_registered_expectation_implementations

from landed import Batch, LandedHome
from reentry.check import suites
from reentry.check.gx_duckdb import DuckDBChecker, Expectation
from reentry.check.offered import INSTEAD, LIST_IGNORES, OFFERED, PAIR_IGNORES, is_for_gx
from reentry.errors import UsageError
from reentry.project import EXPECTATIONS, ROOT

Row = dict[str, Any]
COLUMNS = ("类别", "n", "m", "k", "text")
WORDS = (None, "保洁", "保安", "O'Neil", r"C:\temp\n", "100%", "A-1", "A-22", "b:1", "")


@dataclass(frozen=True)
class Case:
    """An expectation, and by Python whether a row (of rows) is as expected; None for a row it says nothing of."""

    expect: str
    kwargs: dict[str, Any]
    holds: Callable[[Row, list[Row]], bool | None] = field(compare=False)


def of_value(column: str, test: Callable[[Any], bool]) -> Callable[[Row, list[Row]], bool | None]:
    """A test of a filled cell."""
    return lambda row, _: None if row[column] is None else test(row[column])


def same(columns: list[str], row: Row, rows: list[Row]) -> int:
    """How many rows have the same values."""
    return Counter(tuple(r[c] for c in columns) for r in rows)[tuple(row[c] for c in columns)]


def total(row: Row, columns: list[str]) -> int | None:
    """The sum; None when a cell is empty."""
    values = [row[c] for c in columns]
    return None if None in values else sum(values)


THREE = ["n", "m", "k"]
CASES = [
    Case("column_values_to_not_be_null", {"column": "类别"}, lambda row, _: row["类别"] is not None),
    Case("column_values_to_be_null", {"column": "text"}, lambda row, _: row["text"] is None),
    Case(
        "column_values_to_be_in_set",
        {"column": "类别", "value_set": ["保洁", "O'Neil", r"C:\temp\n"]},
        of_value("类别", lambda v: v in ("保洁", "O'Neil", r"C:\temp\n")),
    ),
    Case("column_values_to_be_in_set", {"column": "n", "value_set": [1, 2]}, of_value("n", lambda v: v in (1, 2))),
    Case(
        "column_values_to_not_be_in_set",
        {"column": "text", "value_set": ["保洁", "100%", r"C:\temp\n", None]},
        of_value("text", lambda v: v not in ("保洁", "100%", r"C:\temp\n")),
    ),
    Case(
        "column_values_to_be_between",
        {"column": "n", "min_value": 1, "max_value": 3, "strict_max": True},
        of_value("n", lambda v: 1 <= v < 3),
    ),
    Case(
        "column_values_to_match_regex",
        {"column": "text", "regex": r"\d"},
        of_value("text", lambda v: bool(re.search(r"\d", v))),
    ),
    Case(
        "column_values_to_match_regex",
        {"column": "类别", "regex": r"^[A-Z]-\d{1,2}$|保|\\t"},
        of_value("类别", lambda v: bool(re.search(r"^[A-Z]-\d{1,2}$|保|\\t", v))),
    ),
    Case(
        "column_values_to_not_match_regex",
        {"column": "text", "regex": r"^保|'|\\"},
        of_value("text", lambda v: not re.search(r"^保|'|\\", v)),
    ),
    Case(
        "column_values_to_be_unique",
        {"column": "n"},
        lambda row, rows: None if row["n"] is None else same(["n"], row, rows) == 1,
    ),
    Case(
        "column_value_lengths_to_be_between",
        {"column": "类别", "min_value": 2, "max_value": 3},
        of_value("类别", lambda v: 2 <= len(v) <= 3),
    ),
    Case("column_value_lengths_to_equal", {"column": "text", "value": 2}, of_value("text", lambda v: len(v) == 2)),
    Case(
        "column_pair_values_a_to_be_greater_than_b",
        {"column_A": "n", "column_B": "m"},
        lambda row, _: None not in (row["n"], row["m"]) and row["n"] > row["m"],
    ),
    Case(
        "column_pair_values_a_to_be_greater_than_b",
        {"column_A": "n", "column_B": "m", "or_equal": True},
        lambda row, _: row["n"] == row["m"] if None in (row["n"], row["m"]) else row["n"] >= row["m"],
    ),
    Case(
        "column_pair_values_to_be_equal",
        {"column_A": "类别", "column_B": "text"},
        lambda row, _: row["类别"] is not None and row["类别"] == row["text"],
    ),
    Case(
        "compound_columns_to_be_unique",
        {"column_list": ["类别", "n"]},
        lambda row, rows: same(["类别", "n"], row, rows) == 1,
    ),
    Case(
        "select_column_values_to_be_unique_within_record",
        {"column_list": THREE},
        lambda row, _: len({row[c] for c in THREE}) == len(THREE),
    ),
    Case("multicolumn_sum_to_equal", {"column_list": THREE, "sum_total": 4}, lambda row, _: total(row, THREE) == 4),
]
CONDITIONS: list[tuple[Any, Callable[[Row], bool]]] = [
    (None, lambda _: True),
    ('col("类别")=="保洁"', lambda row: row["类别"] == "保洁"),
    (r'col("类别") != "C:\temp\n"', lambda row: row["类别"] not in (None, r"C:\temp\n")),
    ('col("m").notNull()', lambda row: row["m"] is not None),
    ('col("m")>=1 and col("text").notnull()', lambda row: (row["m"] or 0) >= 1 and row["text"] is not None),
    (
        {"type": "comparison", "column": {"name": "类别"}, "operator": "IN", "parameter": ["保安", "O'Neil"]},
        lambda row: row["类别"] in ("保安", "O'Neil"),
    ),
    (
        {
            "type": "or",
            "conditions": [
                {"type": "nullity", "column": {"name": "text"}, "is_null": True},
                {"type": "comparison", "column": {"name": "n"}, "operator": "<", "parameter": 2},
            ],
        },
        lambda row: row["text"] is None or (row["n"] is not None and row["n"] < 2),
    ),
]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Rows of every kind of value, nulls among them; some twice."""
    draw = random.Random(14)
    made = [
        {
            "类别": draw.choice(WORDS),
            **{name: draw.choice([None, 0, 1, 1, 2, 3]) for name in THREE},
            "text": draw.choice(WORDS),
        }
        for _ in range(120)
    ]
    return [{**row, "row_no": n} for n, row in enumerate(made, 2)]


@pytest.fixture(scope="module")
def con(rows: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The rows as a table to be checked; a second delivery repeats them, so that none is unique in the table."""
    connection = duckdb.connect()
    connection.execute("create schema memory.checking")
    connection.execute(
        'create table memory.checking.sample (batch_id integer, row_no integer, "类别" varchar, n bigint, m bigint,'
        " k bigint, text varchar)"
    )
    values = [[row["row_no"], *(row[c] for c in COLUMNS)] for row in rows]
    for batch_id in (1, 2):
        connection.executemany(
            "insert into memory.checking.sample values (?, ?, ?, ?, ?, ?, ?)", [[batch_id, *v] for v in values]
        )
    yield connection
    connection.close()


def ignored(row: Row, kwargs: dict[str, Any]) -> bool:
    """Whether ``ignore_row_if`` leaves a row out."""
    columns = kwargs.get("column_list") or [kwargs[c] for c in ("column_A", "column_B") if c in kwargs]
    missing = [row[c] is None for c in columns]
    return {
        "both_values_are_missing": all(missing),
        "all_values_are_missing": all(missing),
        "either_value_is_missing": any(missing),
        "any_value_is_missing": any(missing),
    }.get(kwargs.get("ignore_row_if", ""), False)


def variants(case: Case) -> Iterator[dict[str, Any]]:
    """The keyword arguments of a case with each ``ignore_row_if``."""
    for ignore in OFFERED[case.expect].ignores:
        yield {**case.kwargs, "ignore_row_if": ignore}
    if not OFFERED[case.expect].ignores:
        yield case.kwargs


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.expect}-{sorted(case.kwargs)}")
def test_against_python(con: duckdb.DuckDBPyConnection, rows: list[Row], case: Case) -> None:
    """The unexpected rows, with and without condition, with every ignore_row_if; each delivery for itself."""
    asked = [(kwargs, *condition) for kwargs in variants(case) for condition in CONDITIONS]
    expectations = [
        Expectation(f"expect_{case.expect}", {**kwargs, "row_condition": text} if text else kwargs)
        for kwargs, text, _ in asked
    ]
    with closing(DuckDBChecker(con)) as checker:
        queries = checker.failing("sample", expectations)
        for n, (kwargs, text, applies) in enumerate(asked):
            judged = [row for row in rows if applies(row) and not ignored(row, kwargs)]
            wrong = [(batch, row["row_no"]) for batch in (1, 2) for row in judged if case.holds(row, judged) is False]
            found = (
                con.execute(f"select batch_id, row_no from ({queries[n]}) order by all").fetchall()
                if n in queries
                else []
            )
            assert found == wrong, (kwargs, text)
    assert any(queries), "a case that nothing breaks shows nothing"


def test_every_offered_expectation_has_a_case() -> None:
    """And at least fourteen are offered."""
    assert {case.expect for case in CASES} == set(OFFERED)
    assert len(OFFERED) >= 14
    assert set(INSTEAD) <= {name.removeprefix("expect_") for name in list_registered_expectation_implementations()}


def test_what_gx_judges_itself() -> None:
    """Plain ones are left to GX; a condition, a quote or another ignore_row_if is not."""
    plain: dict[str, Any] = {"column": "类别", "value_set": ["保洁", 1]}
    assert is_for_gx("column_values_to_be_in_set", plain)
    assert not is_for_gx("column_values_to_be_in_set", {**plain, "row_condition": 'col("n")>1'})
    assert not is_for_gx("column_values_to_be_in_set", {**plain, "value_set": ["O'Neil"]})
    pair = {"column_A": "n", "column_B": "m", "ignore_row_if": PAIR_IGNORES[1]}
    assert is_for_gx("column_pair_values_a_to_be_greater_than_b", pair)
    assert not is_for_gx("column_pair_values_a_to_be_greater_than_b", {**pair, "ignore_row_if": PAIR_IGNORES[0]})


PAIR = {"column_A": "year", "column_B": "item"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("table_row_count_to_be_between", {"min_value": 1}, "not offered: use unexpected_rows"),
    ("column_sum_to_be_between", {"column": "year", "min_value": 1}, "not offered: use unexpected_rows"),
    ("column_values_to_be_in_type_list", {"column": "year", "type_list": ["INTEGER"]}, "contract's `type`"),
    ("column_mean_to_be_between", {"column": "year", "min_value": 1}, "not offered"),
    ("column_values_to_be_void", {"column": "year"}, "the nearest one offered, column_values_to_be_"),
    ("column_values_to_not_be_null", {"column": "year", "mostly": 0.9}, "has no mostly here"),
    ("column_values_to_be_between", {"column": "year"}, "needs min_value, max_value or both"),
    ("column_values_to_be_in_set", {"column": "year", "value_set": []}, "empty value_set"),
    ("column_values_to_be_in_set", {"column": "year"}, "needs value_set"),
    ("column_values_to_match_regex", {"column": "item", "regex": "(?=a)"}, "is no regular expression"),
    ("compound_columns_to_be_unique", {"column_list": ["year"]}, "two columns or more"),
    (
        "column_pair_values_to_be_equal",
        {"column_A": "year", "column_B": "item", "ignore_row_if": LIST_IGNORES[0]},
        "ignore_row_if",
    ),
    (
        "column_values_to_not_be_null",
        {"column": "year", "row_condition": "year > 5"},
        "cannot be read: write row_condition as",
    ),
    (
        "column_values_to_not_be_null",
        {"column": "year", "row_condition": 'col("n")>1', "condition_parser": "pandas"},
        "condition_parser",
    ),
    ("unexpected_rows", {}, "needs unexpected_rows_query"),
]


@pytest.mark.parametrize(("expect", "kwargs", "said"), REFUSED, ids=[r[0] + "-" + r[2] for r in REFUSED])
def test_what_is_not_offered_is_refused_by_the_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect: str, kwargs: dict[str, Any], said: str
) -> None:
    """In one sentence that names the file and the rule, and says what to use instead."""
    lines = [
        "feed: finance.budget",
        "quarantine:",
        f"  - {{rule: Q5, column: year, expect: {expect}, kwargs: {kwargs!r}}}",
    ]
    (tmp_path / "finance").mkdir()
    (tmp_path / "finance" / "budget.yml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path)
    with pytest.raises(UsageError) as refused:
        suites._raw("finance/budget")
    assert str(refused.value).startswith("expectations/finance/budget.yml: Q5: ")
    assert said in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_the_documentation_lists_what_is_offered() -> None:
    """The table of docs/add-a-feed.md is the code's."""
    page = (ROOT / "docs" / "add-a-feed.md").read_text(encoding="utf-8")
    for expect, offered in OFFERED.items():
        words = [f"`{w}`" for w in offered.needs] + [f"[`{w}`]" for w in offered.may]
        assert f"| {expect} | {', '.join(words)} | {offered.says} |" in page
    listed = re.findall(r"^\| ([a-z_]+) \| `", page, re.MULTILINE)
    assert sorted(listed) == sorted(OFFERED)


CLEANING = """'col("category")=="保洁"'"""
OTHERS = """'col("category")!="保洁"'"""


def test_rows_accepted_and_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite with conditions in Chinese, run as any feed's: the batch's counts are those of plain Python."""
    shutil.copytree(EXPECTATIONS, tmp_path / "expectations")
    regex = r"^.{2,4}(局|所)\d?$"
    entries = [
        f"column_values_to_match_regex, column: unit, kwargs: {{regex: '{regex}', row_condition: {CLEANING}}}",
        f"compound_columns_to_be_unique, kwargs: {{column_list: [unit, developed_on], row_condition: {OTHERS}}}",
        "column_pair_values_to_be_equal, kwargs: {column_A: started_on, column_B: ended_on,"
        " row_condition: 'col(\"unit\").notNull()'}",
        "column_value_lengths_to_equal, column: post_no, kwargs: {value: 3}",
    ]
    suite_file = tmp_path / "expectations" / "hr" / "public_posts.yml"
    lines = ["feed: hr.public_posts", "include: [every_feed, resident_id]", "quarantine:"]
    suite_file.write_text("\n".join([*lines, *(f"  - {{rule: Q5, expect: {e}}}" for e in entries)]), encoding="utf-8")
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path / "expectations")
    suites.suite.cache_clear()
    draw = random.Random(3)
    rows = [
        {
            "post_no": f"G{n}",
            "category": draw.choice(["保洁", "保安"]),
            "unit": draw.choice(["", "城管局", "城管局5", "环卫 所", "大队"]),
            "developed_on": draw.choice(["2025-01-01", "2025-01-02"]),
            "started_on": draw.choice(["", "2025-02-01", "2025-02-02"]),
            "ended_on": draw.choice(["", "2025-02-01", "2025-02-02"]),
        }
        for n in range(5, 30)
    ]
    twins = Counter((r["unit"], r["developed_on"]) for r in rows if r["category"] != "保洁")

    def is_wrong(row: dict[str, str]) -> bool:
        cleaning = row["category"] == "保洁"
        days = (row["started_on"], row["ended_on"])
        return (
            (cleaning and row["unit"] != "" and not re.search(regex, row["unit"]))
            or (not cleaning and twins[(row["unit"], row["developed_on"])] > 1)
            or (row["unit"] != "" and all(days) and days[0] != days[1])
            or len(row["post_no"]) != 3
        )

    home = LandedHome(tmp_path)
    home.land(1, Batch("hr.public_posts", rows))
    report = home.check()
    wrong = sum(map(is_wrong, rows))
    assert 0 < wrong < len(rows)
    assert (report.rows_accepted, report.rows_quarantined) == (len(rows) - wrong, wrong)
    suites.suite.cache_clear()
