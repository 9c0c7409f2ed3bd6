"""Messages of DuckDB and of the system become the product's own sentences, and none of their text goes with them."""

from __future__ import annotations

import ast
import errno
import json
import os
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from reentry import cli, faults, private, spill
from reentry.build import dbt
from reentry.errors import DamagedError, UsageError
from reentry.project import ROOT, SUPERSET_PYTHON
from reentry.service import log
from reentry.store import Home, attach, connect, literal, memory_connection
from reentry.vault import Vault

SECRET = Vault(b"secret of a test")
NAME = "张三"


def raised_by(statement: str, home: Path) -> duckdb.Error:
    """The error of a statement."""
    con = memory_connection(Home(home))
    try:
        con.execute(statement)
    except duckdb.Error as error:
        return error
    finally:
        con.close()
    raise AssertionError("the statement was right")


@pytest.mark.parametrize(
    "statement",
    [
        f"select '{NAME}' as name, 'x'::integer from nowhere",
        f"select '{NAME}' frm t, encryption_key 'abc'",
        f"select ('{NAME}' || 'x')::integer",
        f"attach 'no/such/folder/x.duckdb' as {NAME} (encryption_key '{SECRET.key('warehouse')}')",
        f"attach 'x.duckdb as y (encryption_key '{SECRET.key('warehouse')}'",
        f"attach ':memory:' as x (encryption_key '{SECRET.key('warehouse')}', no_such_option 1)",
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_no_text_of_a_statement_reaches_the_screen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    debug: bool,
) -> None:
    """The sentence is ours; the original only with --debug, and never a key."""
    error = raised_by(statement, tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr("sys.argv", ["reentry", "status", *(["--debug"] if debug else [])])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code in (1, 2)
    assert SECRET.key("warehouse") not in said
    assert "abc" not in said
    assert said.splitlines()[-1].startswith("reentry: ")
    if not debug:
        assert said.count("\n") == 1
        assert NAME not in said
        assert "LINE 1" not in said


def test_keys_are_taken_out() -> None:
    """In whatever form they are quoted, and any run of 64 hexadecimal digits."""
    key = SECRET.key("warehouse")
    for text in (
        f"(encryption_key '{key}', read_only)",
        f'ENCRYPTION_KEY "{key}"',
        f"encryption_key = '{key}",
        f"… {key} …",
        "encryption_key 'short'",
    ):
        cleaned = faults.without_keys(text)
        assert key not in cleaned
        assert "short" not in cleaned
        assert "***" in cleaned


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full: make room"),
        (errno.EDQUOT, "is full: make room"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "may not use"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_errors_of_the_system(tmp_path: Path, number: int, words: str) -> None:
    """As Python raises them, as DuckDB words them, and as the cause of another."""
    own = OSError(number, os.strerror(number), str(tmp_path / "file"))
    told: list[Exception] = [own]
    if number != errno.ENAMETOOLONG:
        told.append(duckdb.IOException(f'Could not write file "{tmp_path}/x": {os.strerror(number)}'))
    wrapped = ValueError("something that follows from it")
    wrapped.__context__ = own
    for error in (*told, wrapped):
        said = faults.explained(error, tmp_path, "`reentry refresh`")
        assert isinstance(said, UsageError)
        assert words in str(said)
    assert faults.explained(ValueError("a fault of ours"), tmp_path) is None
    cell = duckdb.ConversionException("Could not convert string 'Permission denied' to INT32")
    assert faults.explained(cell, tmp_path) is None


def test_a_wrong_key_and_damage_are_told_apart(tmp_path: Path) -> None:
    """A path with a quote; the right key, another one, and bytes that are not those written."""
    path = tmp_path / "it's" / "a.duckdb"
    path.parent.mkdir()
    con = memory_connection(Home(tmp_path))
    attach(con, path, "a", SECRET, write=True)
    con.execute("create table a.t as select * from range(100000)")
    con.execute("detach a")
    with pytest.raises(UsageError, match="another key") as raised:
        attach(con, path, "a", Vault(b"another"), write=False)
    assert not isinstance(raised.value, DamagedError)
    with path.open("r+b") as file:
        file.seek(4100)
        file.write(b"x" * 8000)
    with pytest.raises(DamagedError, match="damaged"):
        attach(con, path, "a", SECRET, write=False)
    path.unlink()
    with pytest.raises(DamagedError, match="damaged"):
        attach(con, path, "a", SECRET, write=False)
    con.close()


def test_literal_is_one_text() -> None:
    """Whatever stands in it."""
    with duckdb.connect() as con:
        for text in ("it's", "a'; select 'b", "''", "", "\\'"):
            assert con.execute(f"select {literal(text)}").fetchall() == [(text,)]


# connections


def test_connections_are_made_in_one_place() -> None:
    """No other module calls ``duckdb.connect``, or uses DuckDB's default connection; Superset has its own one place."""
    found = set()
    for path in [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "dashboards").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if of in ("duckdb", "_duckdb") and node.func.attr not in ("Error",):
                found.add((path.relative_to(ROOT).as_posix(), node.func.attr))
    assert found == {("scripts/reentry/store.py", "connect"), ("dashboards/server/reading.py", "connect")}


def test_each_connection_spills_to_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypted, in the home, wherever the process works; and its folders are gone when it is."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    one, other = connect(home=home), connect(home=home)
    folders = []
    for con in (one, other):
        con.execute("set memory_limit = '60MB'; set threads = 1")
        ((folder, encrypted),) = con.execute(
            "select current_setting('temp_directory'), current_setting('temp_file_encryption')"
        ).fetchall()
        assert encrypted
        assert Path(folder).is_relative_to(home / "spill")
        folders.append(folder)
    assert folders[0] != folders[1]
    text = "明文" * 30
    one.execute(f"create table t as select i, '{text}' || i as text from range(600000) as r (i)")
    one.execute("create table u as from t order by text desc")
    spilled = list(Path(folders[0]).iterdir())
    assert spilled
    assert not any(text.encode() in path.read_bytes() for path in spilled)
    one.close()
    other.close()
    assert not Path(folders[0]).exists()
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_dbt_writes_into_the_home(tmp_path: Path) -> None:
    """Its log and what it compiles: who refreshes need not write to the program's folder."""
    with dbt._environment(Home(tmp_path / "home"), Vault(b"x"), date(2025, 6, 19)):
        folders = [Path(os.environ[name]) for name in ("DBT_LOG_PATH", "REENTRY_DBT_TARGET")]
    assert all(folder.is_relative_to(tmp_path / "home") for folder in folders)


def test_superset_spills_alike(tmp_path: Path) -> None:
    """In Superset's environment: with the settings of the imported database, which shut the connection in."""
    published = tmp_path / "published.duckdb"
    with connect(published, home=tmp_path) as con:
        con.execute("create table t as select 1 as one")
    config = {"enable_external_access": "false", "lock_configuration": "true", "memory_limit": "1GB", "threads": "2"}
    names = ("temp_directory", "temp_file_encryption", "enable_external_access", "lock_configuration")
    script = f"""
import json, os, sqlalchemy
from server.reading import open_published, spilling
params = {{"connect_args": {{"read_only": True, "config": {config!r}}}}}
url, params = spilling(lambda url, params: (url, params))("duckdb:///{published}", params)
asked = "select " + ", ".join("current_setting('" + name + "')" for name in {names!r})
engine = sqlalchemy.create_engine(url, **params)
with engine.connect() as con:
    (said,) = con.execute(sqlalchemy.text(asked)).fetchall()
engine.dispose()
with open_published({str(published)!r}) as con:
    (own,) = con.execute(asked).fetchall()
print(json.dumps([os.getpid(), list(said), list(own)]))
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "dashboards"), "REENTRY_HOME": str(tmp_path)}
    ran = subprocess.run([SUPERSET_PYTHON, "-c", script], env=environment, capture_output=True, text=True, check=True)
    process, said, own = json.loads(ran.stdout)
    folder = str(tmp_path / "superset" / "spill" / str(process))
    assert said == [folder, True, False, True]
    assert own[:2] == [folder, True]
    assert not Path(folder).exists()


def test_folders_of_dead_processes_are_swept(tmp_path: Path) -> None:
    """Those of living processes stay."""
    mine = spill.process_folder(tmp_path)
    child = os.fork()
    if child == 0:
        folder = spill.process_folder(tmp_path)
        (folder / "left.tmp").write_bytes(b"x")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    (left,) = (path for path in (tmp_path / "spill").iterdir() if path.is_dir() and path != mine)
    assert (left / "left.tmp").exists()
    spill._folders.clear()
    now = spill.process_folder(tmp_path)
    assert {path for path in (tmp_path / "spill").iterdir() if path.is_dir()} == {mine, now}


def test_the_log_of_the_service_has_a_limit(tmp_path: Path) -> None:
    """When it is full it begins anew, with what stood in it beside it; writers go on; other files are left alone."""
    path, kept, other = tmp_path / log.FILE, tmp_path / f"{log.FILE}.1", tmp_path / "other"
    with path.open("ab") as mine, path.open("ab") as of_a_child, other.open("ab") as others:
        for number, writer in enumerate((mine, of_a_child, mine)):
            writer.write(bytes([48 + number]) * (log.BYTES // 2 + 1))
            writer.flush()
            log.keep_small(path, mine.fileno())
        others.write(b"x" * (log.BYTES + 1))
        others.flush()
        log.keep_small(path, others.fileno())
    assert (kept.stat().st_size, kept.read_bytes()[:1]) == (2 * (log.BYTES // 2 + 1), b"0")
    assert set(path.read_bytes()) == {ord("2")}
    assert other.stat().st_size == log.BYTES + 1


def test_a_home_is_tightened(tmp_path: Path) -> None:
    """Files and folders that anybody could read are for owner and group; some for the owner alone."""
    for name in ("secret.key", "published/a/b.duckdb", "audit/log.jsonl", "superset/superset.db"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in tmp_path.rglob("*"):
        path.chmod(0o777)
    (tmp_path / "published" / "current").symlink_to("a")
    private.tighten(tmp_path)
    modes = {path.relative_to(tmp_path).as_posix(): path.lstat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes.pop("published/current")
    assert modes == {
        "secret.key": 0o600,
        "published": 0o750,
        "published/a": 0o750,
        "published/a/b.duckdb": 0o640,
        "audit": 0o700,
        "audit/log.jsonl": 0o600,
        "superset": 0o700,
        "superset/superset.db": 0o600,
    }
