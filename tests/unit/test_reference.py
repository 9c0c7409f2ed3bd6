"""Reference tables: seeds, the overrides of a district, and what is refused with one clear sentence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reentry import reference
from reentry.errors import UsageError
from reentry.project import SEEDS
from reentry.reference import load_reference, own_townships
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
    assert own_townships(load_settings(tmp_path)) == ("110101", [("110101001", "东华门街道")])
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
        (b"township_code,township_name,district_code\n500151001,\xff\xff,500151\n", "cannot be read .* save it as CSV"),
    ],
)
def test_townships_that_do_not_fit(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "townships.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load_reference(con, Settings(townships=path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_places_and_rules_are_read_as_feeds_are(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str, separator: str
) -> None:
    """As Excel and WPS save them."""
    texts = {
        "townships.csv": "township_code,township_name,district_code\r\n500151001,巴川街道,500151\r\n",
        "districts.csv": "district_code,district_name\r\n500151,铜梁区\r\n",
        "rules.csv": "rule,owner\r\nW21,数据科\r\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.replace(",", separator).encode(encoding))
    townships, districts, rules = (tmp_path / name for name in texts)
    load_reference(con, Settings(townships=townships, districts=districts, rules=rules))
    assert rows(con, "select township_name from warehouse.reference.townships") == [("巴川街道",)]
    assert rows(con, "select district_name from warehouse.reference.districts") == [("铜梁区",)]
    assert rows(con, "select owner from warehouse.reference.rules where rule = 'W21'") == [("数据科",)]


def own_rules(folder: Path, text: str) -> Settings:
    """Settings that name a file of rules with this text."""
    (folder / "rules.csv").write_text(text, encoding="utf-8")
    (folder / "reentry.toml").write_text('rules = "rules.csv"\n', encoding="utf-8")
    return load_settings(folder)


def test_a_district_changes_rules_line_by_line(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Filled cells over the seed; an empty one, and every other rule, stay as shipped."""
    settings = own_rules(tmp_path, "rule,severity,threshold,owner\nW21,,45,\nW42,off,,\nB6,warn,40,数据科\n")
    load_reference(con, Settings())
    shipped = rows(con, "select rule, severity, threshold, owner from warehouse.reference.rules")
    load_reference(con, settings)
    changed = rows(con, "select rule, severity, threshold, owner from warehouse.reference.rules")
    assert [row for row in changed if row not in shipped] == [
        ("B6", "warn", 40, "数据科"),
        ("W21", "warn", 45, "安置帮教科"),
        ("W42", "off", 50000, "安置帮教科"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule,threshhold\nW21,45\n", "unknown column [threshhold]; the nearest known one is threshold"),
        ("rule,threshold\nW99,45\n", "unknown rule [W99]; the nearest known one is W"),
        ("rule,threshold\nW21,45\nW21,46\n", "rule W21 is there twice"),
        ("rule,threshold\nW20,45\n", "rule W20 has no threshold"),
        ("rule,threshold\nW21,-1\n", "threshold [-1] of rule W21 is no number of 0 or more"),
        ("rule,threshold\nW21,NaN\n", "threshold [NaN] of rule W21 is no number of 0 or more"),
        ("rule,threshold\nW21,1.5\n", "threshold [1.5] of rule W21 must be a whole number"),
        ("rule,severity\nB7,warn\n", "rule B7 cannot be [warn], only block"),
        ("rule,severity\nW21,block\n", "rule W21 cannot be [block], only warn, off"),
    ],
)
def test_rules_that_cannot_be(con: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, said: str) -> None:
    """One sentence that names the file and what is wrong in it."""
    with pytest.raises(UsageError) as error:
        load_reference(con, own_rules(tmp_path, text))
    assert said in str(error.value)
    assert "rules.csv" in str(error.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("justice.visits,2025-02,,春节", "an exemption has an end"),
        ("justice.visits,2025-02,2025-01,春节", "ends before it begins"),
        ("justice.visits,2025-02,2025-02,", "has no reason"),
        ("justice.visit,2025-02,2025-02,春节", "no such feed"),
    ],
)
def test_no_exemption_without_an_end(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    """A month may differ from its feed's history for a reason, and for a time."""
    shutil.copytree(SEEDS, tmp_path / "seeds")
    (tmp_path / "seeds/stability_exemptions.csv").write_text(f"feed,from_month,to_month,reason\n{line}\n", "utf-8")
    monkeypatch.setattr(reference, "SEEDS", tmp_path / "seeds")
    with pytest.raises(UsageError, match=said):
        load_reference(con, Settings())
