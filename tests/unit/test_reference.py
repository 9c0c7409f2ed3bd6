"""Reference tables: seeds, the overrides of a district, and what is refused with one clear sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reentry.errors import UsageError
from reentry.reference import load_reference
from reentry.settings import Settings, load_settings


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.reference")
        yield connection


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return con.execute(sql).fetchall()


def test_seeds_as_shipped(con: duckdb.DuckDBPyConnection) -> None:
    load_reference(con, Settings())
    assert rows(con, "from warehouse.reference.settings") == [("500151", 7, 15)]
    assert rows(con, "from warehouse.reference.horizons") == [(183,), (365,), (730,), (1095,), (1825,)]
    assert rows(con, "select code, name, in_library from warehouse.reference.colour where in_library") == [
        ("1", "红", True),
        ("2", "橙", True),
    ]
    assert rows(con, "from warehouse.reference.township_names") == []


def test_what_has_not_changed_is_not_written(con: duckdb.DuckDBPyConnection) -> None:
    load_reference(con, Settings())
    con.execute("create table before as select table_name, table_oid from duckdb_tables()")
    load_reference(con, Settings(handover_days=9))
    changed = "select table_name from duckdb_tables() anti join before using (table_name, table_oid)"
    assert rows(con, f"{changed} where schema_name = 'reference'") == [("settings",)]


def test_another_district(con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text(
        "township_code,township_name,district_code\n110101001,东华门街道,110101\n", "utf-8-sig"
    )
    (tmp_path / "d.csv").write_text("district_name,district_code\n东城区,110101\n", "utf-8")
    (tmp_path / "reentry.toml").write_text(
        'district_code = "110101"\ntownships = "t.csv"\ndistricts = "d.csv"\nhandover_days = 5\nhorizons = [90, 30]\n'
        '[term_years]\n"3" = 2\n[visit_days]\n"红" = 3\n[library]\ncolours = ["红"]\n'
        '[rhythm_days]\ndefault = 40\n"justice.register" = 10\n',
        "utf-8",
    )
    monkeypatch.delenv("REENTRY_CONFIG", raising=False)
    load_reference(con, load_settings(tmp_path))
    assert rows(con, "from warehouse.reference.settings") == [("110101", 5, 15)]
    assert rows(con, "from warehouse.reference.townships") == [("110101001", "东华门街道", "110101")]
    assert rows(con, "from warehouse.reference.districts") == [("110101", "东城区")]
    assert rows(con, "from warehouse.reference.horizons") == [(30,), (90,)]
    assert rows(con, "select term_years from warehouse.reference.release_type order by code") == [
        (5,),
        (5,),
        (2,),
        (5,),
    ]
    assert rows(con, "select visit_days from warehouse.reference.visit_days where colour = '红'") == [(3,)]
    assert rows(con, "select name from warehouse.reference.colour where in_library") == [("红",)]
    assert rows(con, "from warehouse.reference.rhythm_days") == [("default", 40), ("justice.register", 10)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(district_code="500101"), r"district_code \[500101\] has no township"),
        (Settings(district_code="999999"), r"district_code \[999999\] is not in districts"),
        (Settings(term_years={"9": 5}), r"term_years knows no \[9\]"),
        (Settings(visit_days={"绿": 5}), r"visit_days knows no \[绿\]"),
        (Settings(library_colours=("绿",)), r"library.colours knows no \[绿\]"),
        (Settings(rhythm_days={"register": 5}), r"rhythm_days knows no feed \[register\]; .* justice.register"),
        (Settings(visit_days={"未赋": 5}), r"the nearest known key is 未赋色"),
        (Settings(handover_days=-1), "handover_days must be 0 or more"),
    ],
)
def test_settings_that_do_not_fit(con: duckdb.DuckDBPyConnection, settings: Settings, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_reference(con, settings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"township_code,township_name\n500151001,x\n", "no column district_code"),
        (b"", "no column township_code, township_name, district_code"),
        (b"township_code,township_name,district_code\n50015100,x,500151\n", r"\[50015100\] has not 9 digits"),
        (b"township_code,township_name,district_code\n500151001,,500151\n", "has no name"),
        (b"township_code,township_name,district_code\n500151001,x,500151\n500151001,y,500151\n", "there twice"),
        ("township_code,township_name,district_code\n500151001,巴,500151\n".encode("gb18030"), "cannot be read"),
    ],
)
def test_townships_that_do_not_fit(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "townships.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load_reference(con, Settings(townships=path))
