"""The command line as INTERFACES fixes it: what a program that calls `reentry figures` may rely on."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from conftest import MakeHome
from reentry import cli
from reentry.figures.published import FIGURES_FILE
from reentry.store import attach, memory_connection
from served import copy_published

DAYS = ["--from", "2025-01-01", "--to", "2025-03-31"]
OTHER_CODE = "update marts.main.build_info set code = 'other ' || code"


@pytest.mark.parametrize(
    "asked",
    [
        ["--id", "recidivism.rate", "--id", "relief.persons"],
        ["--id", "recidivism.rate", "relief.persons"],
        ["relief.persons", "recidivism.rate"],
    ],
)
def test_figures_asked_for_by_id(made_home: MakeHome, capsys: pytest.CaptureFixture[str], asked: list[str]) -> None:
    """Several ids, behind one --id or each behind its own, give these figures and no other, in the form agreed."""
    made = made_home(1)
    assert not cli.app(["figures", *DAYS, *asked, "--json", "--home", str(made.home.path)], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"district_code", "from", "to", "as_of", "known_at", "build", "figures"}
    assert set(document["build"]) >= {"id", "published_at", "batches"}
    assert {f["id"] for f in document["figures"]} == {"recidivism.rate", "relief.persons"}
    rate = next(f for f in document["figures"] if f["id"] == "recidivism.rate")
    assert rate["value"] == rate["numerator"] / rate["denominator"]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """The exit status of ``reentry`` with these arguments."""
    monkeypatch.setattr("sys.argv", ["reentry", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*DAYS, "--id", "recidivism.rat"], "no figure recidivism.rat; the nearest one is recidivism.rate"),
        (["--from", "2025-02-30", "--to", "2025-03-31"], "'2025-02-30' .*: see `reentry figures --help`"),
        (["--from", "2025-03-31", "--to", "2025-01-01"], "ends on 2025-01-01, before it starts .*swap"),
    ],
)
def test_wrong_usage_is_one_line(
    made_home: MakeHome,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    """Exit status 2, nothing on standard output, one line on standard error that says what to do."""
    made = made_home(1)
    assert run(monkeypatch, "figures", *arguments, "--home", str(made.home.path)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert re.search(said, printed.err)


@pytest.mark.parametrize(
    ("lost", "command"),
    [
        ("drop table marts.main.fct_finding_life", ["slips", "--out", "slips"]),
        ("alter table marts.main.fct_relief_grants drop column granted_on", ["figures", *DAYS]),
        ("delete from marts.main.definitions where name = 'cohorts'", ["cohorts"]),
        ("delete from marts.main.definitions where name = 'int_rows_to_link'", ["links", "propose", "--out", "x.xlsx"]),
        (
            "update marts.main.definitions set figures = replace(figures::varchar, '\"counts\"', '\"before\"')",
            ["trace", "relief.grants", *DAYS],
        ),
    ],
)
def test_a_version_of_another_release_is_told_from_a_fault(
    made_home: MakeHome,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
    command: list[str],
) -> None:
    """What a version lacks is no fault when other code made it: one line says to refresh. Of this code's it is one."""
    made = made_home(1)
    home = copy_published(made.home, tmp_path / "home")
    (home.path / "warehouse.duckdb").symlink_to(made.home.warehouse)
    monkeypatch.chdir(tmp_path)
    for change, status, said in (
        (lost, 1, "Internal error"),
        (OTHER_CODE, 2, f"{home.path} .*another release.*`reentry refresh"),
    ):
        con = memory_connection(home)
        attach(con, home.current.resolve() / FIGURES_FILE, "marts", made.vault, write=True)
        con.execute(change)
        con.close()
        assert run(monkeypatch, *command, "--home", str(home.path)) == status
        printed = capsys.readouterr()
        assert printed.out == ""
        assert re.fullmatch(f"reentry: .*{said}.*\n", printed.err)


def test_the_release_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`reentry --version` says what is installed."""
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"reentry {version('reentry')}\n"
