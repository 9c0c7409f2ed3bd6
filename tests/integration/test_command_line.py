"""The command line as INTERFACES fixes it: what a program that calls `reentry figures` may rely on."""

from __future__ import annotations

import json
import re

import pytest

from conftest import MakeHome
from reentry import cli

DAYS = ["--from", "2025-01-01", "--to", "2025-03-31"]


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
    monkeypatch.setattr("sys.argv", ["reentry", "figures", *arguments, "--home", str(made.home.path)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert re.search(said, printed.err)
