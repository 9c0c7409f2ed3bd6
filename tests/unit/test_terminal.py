"""What a terminal, an editor or a server's clock may be like: GBK, a byte order mark, another zone."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

import pytest

from reentry import day
from reentry.cli.options import day_of_run, print_json
from reentry.errors import UsageError
from reentry.project import ROOT
from reentry.reference import load_reference
from reentry.settings import load_settings
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

RARE = "𠂇⻢é"  # none of them in GBK


def run(*arguments: str, encoding: str) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own, on a terminal of an encoding."""
    code = "from reentry.cli import main; main()"
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, check=False)


def test_a_gbk_terminal_shows_what_it_can(tmp_path: Path) -> None:
    """One sentence in GBK; what GBK lacks is escaped, and nothing is an internal error."""
    done = run("precheck", str(tmp_path / f"民政{RARE}.csv"), "--home", str(tmp_path), encoding="gbk")
    said = done.stderr.decode("gbk")
    assert done.returncode == 2
    assert said.startswith("reentry: There is no file ")
    assert "民政\\U00020087\\u2ee2" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "ascii"])
def test_json_is_json_on_any_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """What does not take every character gets escapes of JSON."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding, errors="backslashreplace"))
    print_json({"姓": RARE})
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode(encoding)) == {"姓": RARE}


def test_settings_and_tables_saved_with_a_byte_order_mark(tmp_path: Path) -> None:
    """As Notepad and Excel save UTF-8."""
    tables = {
        "rules.csv": "rule,threshold\nW21,31\n",
        "townships.csv": "township_code,township_name,district_code\n500151001,巴川街道,500151\n",
        "districts.csv": "district_code,district_name\n500151,铜梁区\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    settings = "".join(f'{name.split(".")[0]} = "{name}"\r\n' for name in tables) + "handover_days = 9\r\n"
    (tmp_path / "reentry.toml").write_text(settings, encoding="utf-8-sig", newline="")
    home = Home(tmp_path)
    home.building.mkdir()
    with open_warehouse(home, Vault(b"secret of a test"), write=True) as con:
        load_reference(con, load_settings(tmp_path))
        assert con.execute("select township_name from warehouse.reference.townships").fetchall() == [("巴川街道",)]
        assert con.execute("select district_name from warehouse.reference.districts").fetchall() == [("铜梁区",)]
        threshold = "select threshold::integer from warehouse.reference.rules where rule = 'W21'"
        assert con.execute(threshold).fetchall() == [(31,)]
        assert con.execute("select handover_days from warehouse.reference.settings").fetchall() == [(9,)]


def test_settings_in_another_encoding_are_refused(tmp_path: Path) -> None:
    """In one sentence that says how to save them."""
    (tmp_path / "reentry.toml").write_bytes('district_code = "500151" # 铜梁\n'.encode("gbk"))
    with pytest.raises(UsageError, match=r"reentry.toml is not UTF-8 \(byte 29\): save it as UTF-8"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2025, 6, 30, 20, 0, tzinfo=UTC), date(2025, 7, 1)),  # 04:00 in Beijing
        (datetime(2025, 6, 30, 15, 59, tzinfo=UTC), date(2025, 6, 30)),
        (datetime(2025, 6, 30, 16, 0, tzinfo=UTC), date(2025, 7, 1)),
    ],
)
def test_the_day_is_beijings(monkeypatch: pytest.MonkeyPatch, moment: datetime, expected: date) -> None:
    """Whatever the zone of the server."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(moment.timestamp(), tz)

    monkeypatch.setattr(day, "datetime", Clock)
    assert day.business_day() == day_of_run(None) == expected


def test_nothing_else_asks_a_clock_for_a_day() -> None:
    """Moments are in UTC; a day has one function."""
    of_a_clock = re.compile(r"date\.today\(|datetime\.(now|today)\((?!UTC|BEIJING)|current_date|strftime\('now'")
    asking = [
        path.relative_to(ROOT).as_posix()
        for folder in ("scripts/reentry", "dashboards", "models", "macros")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sql") and of_a_clock.search(path.read_text(encoding="utf-8"))
    ]
    assert asking == []
