"""The second step of the way: typed rows, accepted or quarantined, and findings, of all batches not yet checked."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from reentry.check.cells import install_cells
from reentry.check.docs import render_docs
from reentry.check.fate import Unchecked, each_by_itself
from reentry.check.files import feeds_to_check, list_files
from reentry.check.findings import add_failures, name_headers, prepare_failures, write_findings
from reentry.check.snapshots import find_gone_keys
from reentry.check.suites import Check, Suite, every_feed, in_force, suite
from reentry.check.typed import build_rows, install_words
from reentry.contract import Feed, feeds
from reentry.settings import Settings
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

if TYPE_CHECKING:
    from reentry.check.gx_duckdb import DuckDBChecker

# Rules that warn see no quarantined row, and find nothing in the empty columns of a withdrawal.
_VIEWS = """
create or replace table memory.checking.quarantined (batch_id integer, row_no integer);
create or replace view memory.checking.judged_rows as
    select rows.*, quarantined.row_no is not null as is_quarantined
    from memory.checking.rows as rows
    left join memory.checking.quarantined as quarantined
        on rows.batch_id = quarantined.batch_id and rows.row_no = quarantined.row_no;
create or replace view memory.checking.whole as
    from memory.checking.rows where not is_broken and withdrawn is distinct from true;
create or replace view memory.checking.withdrawn as from memory.checking.rows where not is_broken and withdrawn;
create or replace view memory.checking.broken as from memory.checking.rows where is_broken;
create or replace view memory.checking.accepted as
    from memory.checking.rows anti join memory.checking.quarantined using (batch_id, row_no);
"""

# Of a row that may not be stored nothing else is said; a damaged key that is null for it (an id) is one fault, not two.
_ONE_FAULT = """
delete from memory.checking.failures as other where other.rule != 'Q4' and exists (
    from memory.checking.failures as q4
    where q4.rule = 'Q4' and q4.batch_id = other.batch_id and q4.row_no = other.row_no
);
delete from memory.checking.failures as q1 where q1.rule = 'Q1' and exists (
    from memory.checking.failures as q7
    where q7.rule = 'Q7' and q7.column_name = q1.column_name and q7.batch_id = q1.batch_id and q7.row_no = q1.row_no
)
"""

_THRESHOLD = """
create or replace macro memory.main.rule_threshold(wanted) as
(select rules.threshold from warehouse.reference.rules as rules where rules.rule = wanted)
"""


@dataclass(frozen=True)
class CheckReport:
    """What a check did."""

    feeds: list[str] = field(default_factory=list)
    batches: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    findings: int = 0
    typing_cpu: float = 0.0  # CPU seconds, of all threads, in which cells became the typed rows that models read
    refused: list[Unchecked] = field(default_factory=list)  # files at which the check itself failed


class _Typing:
    """The CPU seconds of typing: the rest of a check is judging."""

    def __init__(self) -> None:
        self.cpu = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        start = time.process_time()
        yield
        self.cpu += time.process_time() - start


def check(home: Home, vault: Vault, settings: Settings, progress: Callable[[str], None]) -> CheckReport:
    """Checks every landed batch that is not checked yet, one transaction per feed; can be run again at any time.

    ``settings`` are in ``warehouse.reference`` already, which is what is read here.
    """
    del settings
    with open_warehouse(home, vault, write=True) as con:
        report = check_on(con, progress)
        if report.batches:
            render_docs(con, home.checks)
    for unchecked in report.refused:
        unchecked.write_note(home.refused)
    return report


def check_on(con: duckdb.DuckDBPyConnection, progress: Callable[[str], None]) -> CheckReport:
    """As ``check``, on a connection that has a ``warehouse``; writes no Data Docs."""
    if not con.execute("select 1 from warehouse.landing.batches where not is_checked limit 1").fetchone():
        return CheckReport()
    with _no_collector():
        from reentry.check.gx_duckdb import DuckDBChecker

        prepare_failures(con)
        con.execute(_THRESHOLD)
        install_cells(con)
        install_words(con, feeds())
        list_files(con)
        with closing(DuckDBChecker(con)) as checker:
            return _check_feeds(con, checker, progress)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Python's garbage collector off: GX makes many small objects, and none that need it (a fifth of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check_feeds(
    con: duckdb.DuckDBPyConnection, checker: DuckDBChecker, progress: Callable[[str], None]
) -> CheckReport:
    wanted = feeds_to_check(con)
    totals, typing = [0, 0, 0, 0], _Typing()
    severities = dict(con.execute("select rule, severity from warehouse.reference.rules").fetchall())
    _judge(con, checker, in_force(every_feed(), severities)["files"], "files", "files")
    con.execute("create or replace table memory.checking.file_failures as from memory.checking.failures")
    refused: list[Unchecked] = []

    def check_feed(feed: Feed) -> None:
        nonlocal totals
        counts = _check_feed(con, checker, feed, in_force(suite(feed.id), severities), typing)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]

    for feed in feeds():
        if feed.id in wanted:
            progress(f"check {feed.id}")
            refused += each_by_itself(con, feed, check_feed)
    batches, accepted, quarantined, findings = totals
    return CheckReport(wanted, batches, accepted, quarantined, findings, typing.cpu, refused)


def _check_feed(
    con: duckdb.DuckDBPyConnection, checker: DuckDBChecker, feed: Feed, checks: Suite, typing: _Typing
) -> tuple[int, int, int, int]:
    """Checks the new batches of a feed; gives what ``_write`` gives."""
    con.execute("delete from memory.checking.failures")
    con.execute("insert into memory.checking.failures from memory.checking.file_failures")
    name_headers(con, feed)
    with typing.counted():
        build_rows(con, feed)
    con.execute(_VIEWS)
    _judge_feed(con, checker, feed, checks)
    return _write(con, feed, typing)


def _judge_feed(con: duckdb.DuckDBPyConnection, checker: DuckDBChecker, feed: Feed, checks: Suite) -> None:
    quarantine = checks["quarantine"]
    _judge(con, checker, quarantine, "quarantine", "whole")
    # a withdrawal needs its key only, and a broken line has no cells
    of_line = [c for c in quarantine if c.rule == "Q6"]
    of_key = [c for c in quarantine if c.rule == "Q7" or (c.rule == "Q1" and c.column in feed.key)]
    for table, apart in (("withdrawn", of_line + of_key), ("broken", of_line)):
        if _has_rows(con, table):
            _judge(con, checker, apart, "quarantine", table)
    con.execute(_ONE_FAULT)
    con.execute(
        "insert into memory.checking.quarantined"
        " select distinct batch_id, row_no from memory.checking.failures where section = 'quarantine'"
    )
    _judge(con, checker, checks["warn"], "warn", "accepted")
    if _has_rows(con, "delivered_columns"):
        _judge(con, checker, checks["columns"], "warn", "delivered_columns")
    con.execute(
        "create or replace table memory.checking.gone_keys"
        " (batch_id integer, row_no integer, key varchar, place varchar)"
    )
    if checks["gone_keys"]:
        find_gone_keys(con, feed)
        if _has_rows(con, "gone_keys"):
            _judge(con, checker, checks["gone_keys"], "warn", "gone_keys")


def _judge(
    con: duckdb.DuckDBPyConnection, checker: DuckDBChecker, checks: list[Check], section: str, table: str
) -> None:
    from reentry.check.gx_duckdb import Expectation

    checks = _with_anything_listed(con, checks, table)
    failing = checker.failing(table, [Expectation(c.expectation, c.kwargs) for c in checks])
    for position, query in failing.items():
        add_failures(con, checks[position], section, query, table)


def _with_anything_listed(con: duckdb.DuckDBPyConnection, checks: list[Check], table: str) -> list[Check]:
    """Without the checks of lists of columns that are empty (null) in every row: one scan, not one for each."""
    names = sorted({c.columns for c in checks if c.columns})
    if not names:
        return checks
    counts = con.execute(
        f"select {', '.join(f'count({name})' for name in names)} from memory.checking.{table}"
    ).fetchone()
    listed = dict(zip(names, counts or (), strict=True))
    return [c for c in checks if not c.columns or listed[c.columns]]


def _has_rows(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"select 1 from memory.checking.{table} limit 1").fetchone() is not None


def _write(con: duckdb.DuckDBPyConnection, feed: Feed, typing: _Typing) -> tuple[int, int, int, int]:
    """One transaction: checked rows, findings, the batches' counts. Gives batches, accepted, quarantined, findings."""
    files = f"select batch_id from memory.checking.files where agency = '{feed.agency}' and feed = '{feed.name}'"
    new, affected = f"{files} and is_new", f"{files} and is_affected"
    con.execute("begin")
    try:
        con.execute(f"delete from warehouse.landing.findings where rule in ('W12', 'W13') and batch_id in ({affected})")
        con.execute(f"delete from warehouse.landing.gone_keys where batch_id in ({affected})")
        con.execute(
            "insert into warehouse.landing.gone_keys"
            f" select '{feed.agency}', '{feed.name}', batch_id, key from memory.checking.gone_keys"
        )
        con.execute(f"delete from warehouse.checked.{feed.table} where batch_id in ({new})")
        with typing.counted():
            con.execute(f"insert into warehouse.checked.{feed.table} by name {_checked_rows(feed)}")
        write_findings(con, feed)
        if feed.id == "police.reoffences":
            _forget_public_order(con, feed)
        con.execute(f"""
            update warehouse.landing.batches as batches
            set is_checked = true, rows_accepted = counts.accepted, rows_quarantined = counts.quarantined
            from (
                select
                    files.batch_id,
                    count(rows.row_no) filter (not rows.is_quarantined) as accepted,
                    count(rows.row_no) filter (rows.is_quarantined) as quarantined
                from ({new}) as files
                left join memory.checking.judged_rows as rows on files.batch_id = rows.batch_id
                group by files.batch_id
            ) as counts
            where batches.batch_id = counts.batch_id
        """)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    counted: list[tuple[int, int, int, int]] = con.execute(f"""
        select
            count(*), coalesce(sum(rows_accepted), 0)::bigint, coalesce(sum(rows_quarantined), 0)::bigint,
            (select count(*) from warehouse.landing.findings where batch_id in ({new}))
        from warehouse.landing.batches where batch_id in ({new})
    """).fetchall()
    return counted[0]


def _checked_rows(feed: Feed) -> str:
    columns = ", ".join(_kept(feed, name) for name in feed.column_names)
    return f"select batch_id, row_no, is_quarantined, {columns}, withdrawn from memory.checking.judged_rows as rows"


def _kept(feed: Feed, column: str) -> str:
    if feed.id == "police.reoffences" and column != "record_no":
        return f"case when case_kind is distinct from '2' then {column} end as {column}"
    return column


def _forget_public_order(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Public-order cases (Q4) may not be stored: of their rows only number and record_no stay.

    Landing stores no more of them in the first place, but for the marks by which their rules are judged here.
    """
    emptied = ", ".join(f"{c} = null" for c in (*feed.column_names, "other", "spoiled", "notes") if c != "record_no")
    con.execute(f"""
        update warehouse.raw.{feed.table} as raw set {emptied}
        from memory.checking.rows as rows
        where raw.batch_id = rows.batch_id and raw.row_no = rows.row_no and rows.case_kind = '2'
    """)
