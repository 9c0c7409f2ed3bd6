"""The findings of the demo feeds are the generator's own record of the dirt it planted, rule by rule, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from test_against_oracle import shipped_district

from conftest import Made, MakeHome
from oracle.cross import cross_findings
from oracle.figures import World
from oracle.ingest import ingest
from oracle.shapes import Row
from reentry.contract import Feed, feeds, key_of
from reentry.demo import LETTER_DAY, make_feeds
from reentry.figures.published import FIGURES_FILE
from reentry.store import attach, memory_connection

REASONS = Path(__file__).parents[1] / "rules" / "demo_reasons.yml"
PERSONS = 500
WHOLE_ROW = ("Q2", "Q4", "Q6", "W11")  # the record names a column where the rule names none
# judged on files and rows as they come, so that the record can say each
OF_DELIVERIES = "(f.rule between 'D' and 'W2' or f.rule = 'W53') and f.rule not in ('W08', 'W10', 'W12')"
ACROSS_FEEDS = "({0}.rule >= 'W2' and {0}.rule != 'W53' or {0}.rule in ('W08', 'W10'))"


@pytest.fixture(scope="module", params=[1, 2])
def compared(
    request: pytest.FixtureRequest, made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with found, planted, clean and the rows they speak of, for one seed."""
    made: Made = made_home(request.param)
    assert made.planted is not None
    con = memory_connection(made.home)
    attach(con, made.home.current.resolve() / FIGURES_FILE, "marts", made.vault, write=False)
    attach(con, made.home.warehouse, "warehouse", made.vault, write=False)
    for name, frame in (("dirt", made.planted.dirt), *_clean(tmp_path_factory.mktemp("clean"), request.param)):
        con.register(f"{name}_frame", frame)
        con.execute(f"create table {name} as from {name}_frame")
    con.execute(f"create table rows_of as {' union all '.join(_rows(feed) for feed in feeds())}")
    con.execute("""
        create table planted as
        select distinct
            dirt.kind, dirt.rule, dirt.feed, batches.batch_id, dirt.file, dirt.row_no::integer as row_no,
            dirt.column as column_name, rows_of.row_key
        from dirt
        left join warehouse.landing.batches as batches on dirt.file = batches.path
        left join rows_of on batches.batch_id = rows_of.batch_id and dirt.row_no = rows_of.row_no;
        create table found as
        select findings.* exclude (key), rows_of.row_key, findings.key as shown_key
        from marts.main.fct_findings as findings left join rows_of using (batch_id, row_no);
        create table gone as
        select
            batches.agency || '.' || batches.feed as feed, batches.batch_id, batches.path, batches.delivered_on,
            gone_keys.key as row_key
        from warehouse.landing.gone_keys as gone_keys inner join warehouse.landing.batches as batches using (batch_id);
        create view lists as
        select
            path as file,
            lag(path) over (partition by agency, feed order by delivered_on, delivery_no, path) as file_before
        from warehouse.landing.batches;
        create view releases as from warehouse.checked.corrections__releases;
        create view training as from warehouse.checked.hr__training;
        create view newest_register as
        from warehouse.checked.justice__register
        where batch_id = (select max_by(batch_id, delivered_on) from warehouse.landing.batches where feed = 'register');
        create view contacts as
        select 'justice.visits' as feed, batch_id, row_no, register_no from warehouse.checked.justice__visits
        union all
        select 'justice.risk_assessments', batch_id, row_no, register_no
        from warehouse.checked.justice__risk_assessments
    """)
    yield con
    con.close()


def _rows(feed: Feed) -> str:
    id_no = "id_no" if "id_no" in feed.column_names else "null"
    return (
        f"select '{feed.id}' as feed, batch_id, row_no, {key_of(feed)} as row_key, {id_no} as id_no"
        f" from warehouse.checked.{feed.table}"
    )


def _clean(folder: Path, seed: int) -> list[tuple[str, pd.DataFrame]]:
    """What the oracle finds across the clean feeds of the seed, and the dossiers in them."""
    make_feeds(folder, persons=PERSONS, seed=seed, through=LETTER_DAY, clean=True)
    delivered = ingest(folder, shipped_district(), LETTER_DAY)
    crossed = cross_findings(World(delivered, shipped_district(), LETTER_DAY))
    last = max((b for b in delivered.batches if b.feed == "justice.register"), key=lambda b: b.delivered_on)
    names = ("register_no", "release_no", "id_no", "handed_over_on")
    keys: dict[str, set[str | None]] = {}
    gone = []
    for batch in sorted(delivered.batches, key=lambda b: (b.delivered_on, b.delivery_no)):
        now = {_key(row) for row in batch.rows if row.key is not None}
        gone += [(batch.feed, batch.delivered_on, key) for key in keys.get(batch.feed, now) - now]
        keys[batch.feed] = now
    return [
        ("clean", pd.DataFrame([(c.rule, c.feed, _key(c.row)) for c in crossed], columns=["rule", "feed", "row_key"])),
        ("clean_gone", pd.DataFrame(gone, columns=["feed", "delivered_on", "row_key"])),
        ("feed_keys", pd.DataFrame([(f.id, list(f.key)) for f in feeds()], columns=["feed", "key"])),
        (
            "clean_register",
            pd.DataFrame([[row.values.get(n) for n in names] for row in last.rows], columns=list(names)),
        ),
    ]


def _key(row: Row | None) -> str | None:
    return None if row is None or row.key is None else "|".join(str(part) for part in row.key)


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """The result of a query."""
    return con.execute(sql).fetchall()


def reasons() -> dict[str, Any]:
    """The list of what is neither planted nor wrong."""
    loaded: dict[str, Any] = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    return loaded


def test_row_and_file_rules_are_the_record(compared: duckdb.DuckDBPyConnection) -> None:
    """Each planted piece is found in its file, row and column, and nothing else is."""
    column = f"case when f.rule in {WHOLE_ROW} then null else f.column_name end"
    found = f"select f.rule, f.feed, f.batch_id, f.row_no, {column} from found as f where {OF_DELIVERIES}"
    planted = found.replace("f.column_name end", "nullif(f.column_name, '') end").replace("from found", "from planted")
    # of a repeat there is no batch
    found, planted = (f"select distinct * from ({text} and f.rule != 'D1')" for text in (found, planted))
    assert rows(compared, f"({planted}) except ({found}) order by all limit 20") == []
    assert rows(compared, f"({found}) except ({planted}) order by all limit 20") == []
    repeats = "select feed, file_name from found where rule = 'D1'"
    wanted = "select feed, parse_filename(file) from planted where rule = 'D1'"
    assert sorted(rows(compared, repeats)) == sorted(rows(compared, wanted))


def test_keys_that_are_gone_are_those_left_out(compared: duckdb.DuckDBPyConnection) -> None:
    """W12, file by file: as many as were left out on purpose, beside those whose reason holds."""
    known = " or ".join(f"({entry['check']})" for entry in reasons()["gone"])
    wrong = rows(
        compared,
        f"""
        with found as (
            select path as file, count(*) as keys, count(*) filter (where not ({known})) as unexplained
            from gone as g group by all
        ),
        left_out as (select file, count(*) as keys from dirt where rule = 'W12' group by all),
        keyless as (
            select planted.file, count(distinct planted.row_no) as keys
            from planted inner join feed_keys using (feed) where {reasons()["keyless"]} group by all
        )
        select file, found.keys, found.unexplained, left_out.keys, keyless.keys
        from found full join left_out using (file) left join keyless using (file)
        left join lists using (file) left join keyless as keyless_before on lists.file_before = keyless_before.file
        where coalesce(found.unexplained, 0) > coalesce(left_out.keys, 0) + coalesce(keyless.keys, 0)
            or coalesce(left_out.keys, 0) > coalesce(found.keys, 0) + coalesce(keyless_before.keys, 0)
        order by all
        """,
    )
    assert wrong == []
    gone = rows(compared, "select batch_id, count(*) from gone group by all order by all")
    assert gone == rows(compared, "select batch_id, count(*) from found where rule = 'W12' group by all order by all")
    assert rows(compared, "select count(*) > 0 from dirt where rule = 'W12'") == [(True,)]


def test_rules_across_feeds_find_what_was_planted(compared: duckdb.DuckDBPyConnection) -> None:
    """Each planted row that is still in force has its finding."""
    missing = rows(
        compared,
        f"""
        select p.rule, p.feed, p.file, p.row_no, p.kind from planted as p
        where {ACROSS_FEEDS.format("p")}
        and not exists (from found as f where f.rule = p.rule and f.feed = p.feed and f.row_key = p.row_key)
        and not ({" or ".join(f"({entry['check']})" for entry in reasons()["missing"])})
        order by all limit 20
        """,
    )
    assert missing == []


def test_rules_across_feeds_find_nothing_else_without_a_reason(compared: duckdb.DuckDBPyConnection) -> None:
    """What was not planted is on the list, and its reason holds."""
    allowed = " or ".join(
        f"(f.feed = '{feed}' and f.rule in ({', '.join(repr(rule) for rule in rules)}) and ({entry['check']}))"
        for entry in reasons()["extra"]
        for feed, rules in entry["findings"].items()
    )
    extra = rows(
        compared,
        f"""
        select f.rule, f.feed, f.file_name, f.row_no, f.row_key from found as f
        where {ACROSS_FEEDS.format("f")}
        and not exists (from planted as p where p.rule = f.rule and p.feed = f.feed and p.row_key = f.row_key)
        and not ({allowed})
        order by all limit 20
        """,
    )
    assert extra == []
