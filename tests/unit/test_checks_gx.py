"""The adapter that lets the pinned Great Expectations run on DuckDB: should a new version break it, this says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import great_expectations
import pytest

from reentry.check.gx_duckdb import DuckDBChecker, Expectation
from reentry.check.suites import SECTIONS, every_feed, suite
from reentry.contract import feeds
from reentry.errors import UsageError
from reentry.project import EXPECTATIONS, SEEDS


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a table of three rows."""
    connection = duckdb.connect()
    connection.execute("""
        create schema memory.checking;
        create table memory.checking.sample as
        select * from (values (1, 2, 'A1', 3, date '2025-01-01'), (1, 3, null, 5, date '2025-01-02'),
            (1, 4, 'b', null, null)) as t (batch_id, row_no, code, number, day)
    """)
    yield connection
    connection.close()


def failing(con: duckdb.DuckDBPyConnection, expectation: Expectation) -> list[int] | None:
    """Row numbers that fail; None when the expectation holds."""
    queries = DuckDBChecker(con).failing(
        "sample", [Expectation("expect_table_row_count_to_equal", {"value": 3}), expectation]
    )
    assert 0 not in queries
    if 1 not in queries:
        return None
    return [row[0] for row in con.execute(f"select row_no from ({queries[1]}) order by 1").fetchall()]


def test_the_version_is_the_pinned_one() -> None:
    assert great_expectations.__version__ == "1.24.1"


@pytest.mark.parametrize(
    ("expectation", "rows"),
    [
        (Expectation("expect_column_values_to_not_be_null", {"column": "code"}), [3]),
        (Expectation("expect_column_values_to_not_be_null", {"column": "row_no"}), None),
        (Expectation("expect_column_values_to_be_null", {"column": "code"}), [2, 4]),
        (Expectation("expect_column_values_to_match_regex", {"column": "code", "regex": "[A-Z][0-9]"}), [4]),
        (Expectation("expect_column_values_to_not_be_in_set", {"column": "code", "value_set": ["b"]}), [4]),
        (Expectation("expect_column_values_to_be_between", {"column": "number", "min_value": 5}), [2]),
        (
            Expectation("expect_column_values_to_be_between", {"column": "number", "min_value": 3, "strict_min": True}),
            [2],
        ),
        (
            Expectation(
                "expect_column_pair_values_a_to_be_greater_than_b",
                {"column_A": "number", "column_B": "row_no", "ignore_row_if": "either_value_is_missing"},
            ),
            None,
        ),
        (
            Expectation(
                "unexpected_rows_expectation",
                {"unexpected_rows_query": "select batch_id, row_no from {batch} where number = 5"},
            ),
            [3],
        ),
    ],
)
def test_failing_rows(con: duckdb.DuckDBPyConnection, expectation: Expectation, rows: list[int] | None) -> None:
    assert failing(con, expectation) == rows


def test_a_table_made_anew_is_seen(con: duckdb.DuckDBPyConnection) -> None:
    nothing = [Expectation("expect_column_values_to_not_be_null", {"column": "other"})]
    with closing(DuckDBChecker(con)) as checker:
        con.execute(
            "create or replace table memory.checking.sample as select 1 as batch_id, 2 as row_no, null as other"
        )
        assert list(checker.failing("sample", nothing)) == [0]
        con.execute(
            "create or replace table memory.checking.sample as select 1 as batch_id, 2 as row_no, 3 as other, 4 as x"
        )
        assert checker.failing("sample", nothing) == {}


def test_a_transaction_of_the_connection_is_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("begin")
    con.execute("create table of_mine (n integer)")
    assert failing(con, Expectation("expect_column_values_to_not_be_null", {"column": "row_no"})) is None
    con.execute("rollback")
    assert not con.execute("select 1 from duckdb_tables() where table_name = 'of_mine'").fetchall()


def test_what_cannot_be_computed_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    for kind, about in (
        ("column_values_to_not_be_null", {"column": "nothing"}),
        ("column_values_to_not_be_void", {"column": "row_no"}),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "select nothing from {batch}"}),
    ):
        said = rf"^The expectation {kind} \({next(iter(about))}: .*\) could not be computed: [^\n]+; correct it in"
        with pytest.raises(UsageError, match=said):
            failing(con, Expectation(f"expect_{kind}" if kind[0] == "c" else kind, about))


def test_every_feed_has_a_suite_and_every_suite_a_feed() -> None:
    """A file judges what the contract does not say already: that what is required must be there."""
    files = {str(path.relative_to(EXPECTATIONS)) for path in EXPECTATIONS.glob("*/*.yml")}
    assert files == {f"{feed.agency}/{feed.name}.yml" for feed in feeds()}
    for path in Path(EXPECTATIONS).rglob("*.yml"):
        assert "rule: Q1" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("feed", feeds(), ids=lambda feed: feed.id)
def test_suites_fit_the_contract(feed) -> None:  # type: ignore[no-untyped-def]
    checks = suite(feed.id)
    required = {column.name for column in feed.columns if column.required}
    assert {check.column for check in checks["quarantine"] if check.rule == "Q1"} == required
    for check in (check for section in SECTIONS for check in checks[section]):
        assert check.column is None or check.column in feed.column_names
        assert (SEEDS / "rules.csv").read_text(encoding="utf-8").count(f"\n{check.rule},") == 1
    assert bool(checks["gone_keys"]) == feed.is_snapshot
    assert all(check in checks["files"] for check in every_feed()["files"])
