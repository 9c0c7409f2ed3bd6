"""No id number and no full name outside the encrypted files: not on disk, not in any output."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from test_against_oracle import shipped_district

from conftest import Made, MakeHome
from oracle.ingest import ingest
from reentry import cli

ENCRYPTED = {"warehouse.duckdb", "warehouse.duckdb.wal", "figures.duckdb", "work.duckdb"}
ID_NUMBER = re.compile(
    rb"(?<![0-9a-f])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9Xx](?![0-9a-f])"
)
COMMANDS = (
    ["status"],
    ["status", "--json"],
    ["figures", "--from", "2025-01-01", "--to", "2025-06-19", "--by", "township", "--json"],
    ["cohorts", "--json"],
    ["roster", "dual", "--json"],
    ["quarantined", "--json"],
    ["trace", "register.on_register", "--from", "2025-01-01", "--to", "2025-06-19", "--json"],
    ["trace", "recidivism.rate", "--from", "2025-01-01", "--to", "2025-06-19"],
)


@pytest.fixture(scope="module")
def made(made_home: MakeHome) -> Made:
    """The demo home."""
    return made_home(1)


@pytest.fixture(scope="module")
def names(made: Made) -> set[bytes]:
    """Every full name of accepted rows with three characters or more: shorter ones occur inside other words.

    Rows set aside are left out: a header repeated as a row has the name 姓名.
    """
    delivered = ingest(made.inbox, shipped_district(), made.today)
    rows = [row for b in delivered.batches for row in b.rows if row.outcome == "accepted"]
    found = {str(row.values["name"]) for row in rows if row.values.get("name")}
    return {name.encode() for name in found if len(name) >= 3}


def revealed(content: bytes, names: set[bytes]) -> list[str]:
    """What personal data a content holds; at most three examples, as counts of characters."""
    ids = ID_NUMBER.findall(content)
    words = set(re.findall(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}|\xc2\xb7|[A-Za-z])+", content))
    return [f"{len(ids)} id numbers"] * bool(ids) + [f"the name {w.decode()}" for w in sorted(words & names)[:3]]


def test_scanner_finds_what_it_must() -> None:
    """The scan itself can fail."""
    assert revealed(b"x 11010519491231002X y", set())
    assert revealed("“欧阳明珠”".encode(), {"欧阳明珠".encode()})


def test_encrypted_files_are_encrypted(made: Made) -> None:
    """Neither file opens without the key, and neither holds readable text."""
    for path in made.home.path.rglob("*.duckdb"):
        if path.name in ENCRYPTED:
            assert b"release_no" not in path.read_bytes(), f"{path.name} is readable"


def test_no_personal_data_on_disk(made: Made, names: set[bytes]) -> None:
    """Every file of the home but the encrypted ones; workbooks and archives unpacked."""
    found = {}
    for path in sorted(made.home.path.rglob("*")):
        if not path.is_file() or path.name in ENCRYPTED:
            continue
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents = [archive.read(name) for name in archive.namelist()]
        if shown := [text for content in contents for text in revealed(content, names)]:
            found[path.name] = shown
    assert not found


def test_no_personal_data_in_output(made: Made, names: set[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the reading commands print."""
    for command in COMMANDS:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.argv", ["reentry", *command, "--home", str(made.home.path)])
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0, err.getvalue()
        assert out.getvalue()
        assert not revealed((out.getvalue() + err.getvalue()).encode(), names), command


def test_key_is_private(made: Made) -> None:
    """secret.key can be read by its owner alone."""
    assert oct(Path(made.home.path / "secret.key").stat().st_mode & 0o777) == "0o600"
