"""Great Expectations on a DuckDB connection that exists already.

GX 1.24.1 has no DuckDB dialect: results die when a connection returns to SQLAlchemy's pool, and regular expressions are
refused. This file makes it keep the connection and borrows PostgreSQL's dialect module. It touches private names of the
pinned version; ``tests/unit/test_checks_gx.py`` guards it. It is imported late: GX takes seconds to load.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import sqlalchemy.dialects.postgresql
from duckdb_engine import ConnectionWrapper
from great_expectations.core import ExpectationSuite
from great_expectations.core.batch import Batch
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.execution_engine import sqlalchemy_execution_engine as gx_engine
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.expectations.registry import get_expectation_impl
from great_expectations.validator.validator import Validator

from reentry.check.offered import OFFERED, fault_of, is_for_gx, rows_query
from reentry.errors import UsageError

_SCHEMA = "checking"


@dataclass(frozen=True)
class Expectation:
    """One expectation: its type and keyword arguments, as in GX."""

    type: str
    kwargs: dict[str, Any] = field(default_factory=dict)


class DuckDBChecker:
    """Validates tables of the schema ``memory.checking``; values of rows never leave DuckDB."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """``con``'s instance is used, through a cursor of its own: transactions of ``con`` stay untouched."""
        self._con = con
        private: Any = gx_engine
        if "duckdb" not in private._PERSISTED_CONNECTION_DIALECTS:
            private._PERSISTED_CONNECTION_DIALECTS = (*private._PERSISTED_CONNECTION_DIALECTS, "duckdb")
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        self._engine = gx_engine.SqlAlchemyExecutionEngine(
            engine=sqlalchemy.create_engine(
                "duckdb://", creator=lambda: ConnectionWrapper(con.cursor()), poolclass=sqlalchemy.pool.StaticPool
            ),
            create_temp_table=False,
        )
        self._engine.dialect_module = sqlalchemy.dialects.postgresql
        self._engine._inspector = _Columns(con)

    def failing(self, table: str, expectations: Sequence[Expectation]) -> dict[int, str]:
        """For each expectation that fails on the table, by position: a query of its rows.

        The query has the columns batch_id and row_no. UsageError when an expectation is unknown or cannot be computed.
        """
        if not expectations:
            return {}
        for expectation in expectations:  # GX would log an unknown one and go on without
            try:
                get_expectation_impl(expectation.type)
            except ExpectationNotFoundError as error:
                raise _wrong(expectation, "there is no such expectation") from error
        expectations = [self._run_once(table, n, e) for n, e in enumerate(expectations)]
        suite = ExpectationSuite(
            name=table,
            expectations=[
                {"type": e.type, "kwargs": e.kwargs, "meta": {"position": n}} for n, e in enumerate(expectations)
            ],
        )
        try:
            return self._failing(table, suite, expectations)
        finally:
            with self._engine.get_connection() as connection:
                connection.rollback()  # SQLAlchemy began a transaction: the next call is to see what is new by then

    def _run_once(self, table: str, position: int, expectation: Expectation) -> Expectation:
        """An expectation on what its query of unexpected rows found: GX would run the query twice, its reader again.

        What GX does not judge rightly on DuckDB is such a query from here on.
        """
        query = _query_of(table, expectation)
        if query is None:
            return expectation
        found = f"memory.{_SCHEMA}.unexpected_{position}"
        try:
            self._con.execute(f"create or replace table {found} as {query}")
        except (duckdb.ProgrammingError, duckdb.DataError) as error:
            raise _wrong(expectation, error) from error
        return replace(
            expectation,
            type="unexpected_rows_expectation",
            kwargs={"unexpected_rows_query": f"select * from {found} /* of {{batch}} */"},
        )

    def _failing(self, table: str, suite: ExpectationSuite, expectations: Sequence[Expectation]) -> dict[int, str]:
        validator = self._validator(table)
        results = validator.graph_validate(
            configurations=suite.expectation_configurations,
            runtime_configuration={"result_format": {"result_format": "BOOLEAN_ONLY"}},
        )
        queries = {}
        for result in results:
            configuration: Any = result.expectation_config
            position = configuration.meta["position"]
            _raise_if_broken(result, expectations[position])
            if not result.success:
                queries[position] = _rows_of(table, expectations[position])
        return queries

    def close(self) -> None:
        """Gives the connection back, and only then closes it."""
        with self._engine.get_connection() as connection:
            connection.close()
        self._engine.engine.dispose()

    def _validator(self, table: str) -> Validator:
        data: Any = SqlAlchemyBatchData(
            execution_engine=self._engine, table_name=table, schema_name=_SCHEMA, create_temp_table=False
        )
        validator = Validator(execution_engine=self._engine, batches=[Batch(data=data)])
        validator._metrics_calculator.show_progress_bars = False
        return validator


class _Columns:
    """What GX asks SQLAlchemy's inspector: SQLAlchemy's own reads the whole catalogue each time, and remembers."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.dialect: Any = sqlalchemy.dialects.postgresql.base.PGDialect

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Names and order of a table's columns; no expectation here asks for their types."""
        rows = self._con.execute(f"describe {schema}.{table_name}").fetchall()
        return [{"name": row[0], "type": sqlalchemy.types.NullType()} for row in rows]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:  # noqa: ARG002 (GX asks so)
        """None of the tables has a key."""
        return {}


def _query_of(table: str, expectation: Expectation) -> str | None:
    """The query of an expectation's unexpected rows; None when GX is to find them itself."""
    if (query := expectation.kwargs.get("unexpected_rows_query")) is not None:
        return str(query).format(batch=f"{_SCHEMA}.{table}")
    expect = expectation.type.removeprefix("expect_")
    if expect not in OFFERED or is_for_gx(expect, expectation.kwargs):
        return None
    if fault := fault_of(expect, expectation.kwargs):
        raise _wrong(expectation, fault)
    return rows_query(expect, expectation.kwargs, f"memory.{_SCHEMA}.{table}")


def _rows_of(table: str, expectation: Expectation) -> str:
    """The query of the rows that fail: where they are, not what is in them.

    Not GX's own, which forgets row conditions, and writes literals and parameters that DuckDB does not take.
    """
    if (query := expectation.kwargs.get("unexpected_rows_query")) is not None:
        return str(query).format(batch=table)
    expect = expectation.type.removeprefix("expect_")
    if expect not in OFFERED:
        raise _wrong(expectation, "which rows are at fault it does not say; use unexpected_rows with a query of them")
    columns = "batch_id, row_no, key" if table == "gone_keys" else "batch_id, row_no"
    return rows_query(expect, expectation.kwargs, f"memory.{_SCHEMA}.{table}", columns)


def _raise_if_broken(result: Any, expectation: Expectation) -> None:
    info = result.exception_info or {}
    for problem in (info, *(value for value in info.values() if isinstance(value, dict))):
        if problem.get("raised_exception"):
            raise _wrong(expectation, problem.get("exception_message"))


def _wrong(expectation: Expectation, why: object) -> UsageError:
    """Kinds as ``expectations/`` writes them, so that it can be found there."""
    about = ", ".join(f"{name}: {value}" for name, value in expectation.kwargs.items())
    said = str(why).split("\n")[0].rstrip(". ")
    return UsageError(
        f"The expectation {expectation.type.removeprefix('expect_')} ({about}) could not be computed: {said};"
        " correct it in expectations/."
    )
