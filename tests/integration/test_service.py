"""The resident service: a fixed list of requests, each typed and with its account, none in the way of another."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from conftest import Made, MakeHome
from desk import VISITS, csv_bytes, make_desk
from reentry.audit import entries
from reentry.audit_verify import verify
from reentry.errors import UsageError
from reentry.service import wire
from reentry.service.client import RefusedError, ask, connected
from reentry.service.registry import Name, Place, requests
from reentry.service.registry import request as listed
from reentry.service.server import Service, listening
from reentry.store import Home
from reentry.vault import open_vault

LETTER = "2025-18070184"


@contextmanager
def running(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """The service of a home, ready to answer, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reentry.service", str(home.path), "--with-parent"], stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: answers(home))
        yield process
    finally:
        process.terminate()
        process.wait(20)


def answers(home: Home) -> bool:
    """Whether a service answers on a home."""
    try:
        return bool(ask(home, "ping"))
    except (OSError, wire.BrokenMessageError):
        return False


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something is so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with an empty warehouse and a service."""
    desk = make_desk(tmp_path_factory.mktemp("service"))
    with running(desk.home):
        yield desk.home


def refused(home: Home, request: str, account: str = "zhiliang", **values: Any) -> tuple[int, str]:
    """Status and sentence of a request that is refused."""
    with pytest.raises(RefusedError) as error:
        ask(home, request, account=account, **values)
    return error.value.exit_status, str(error.value)


def test_the_list_is_fixed_and_typed(home: Home) -> None:
    """An unknown request, and a missing, unknown or wrong value, is one sentence with status 2."""
    for name, values, said in (
        ("shell", {}, "没有这种请求"),
        ("pull", {"letter": LETTER}, "缺少参数 pull"),
        ("pull", {"letter": LETTER, "pull": "2025-06-19-1", "sql": "1"}, "没有参数 sql"),
        ("pull", {"letter": "../../etc", "pull": "2025-06-19-1"}, "不是一个名称"),
        ("pull", {"letter": LETTER, "pull": ".."}, "不是一个名称"),
        ("send_back", {"letter": LETTER, "pull": "2025-06-19-1", "note": "字" * 200_000}, "超过 2000 个字"),
        ("make_pull", {"letter": LETTER, "starts_on": "最近"}, "应为日期"),
        ("hand_in", {"file": "/etc/passwd", "named": "x.csv", "dry_run": True}, "参数 file 的值不对"),
        ("hand_in", {"named": "x.csv", "dry_run": 1}, "缺少参数 file"),
        ("record", {"action": "release", "about": {}}, "看板不能登记"),
    ):
        status, sentence = refused(home, name, **values)
        assert (status, said in sentence) == (2, True), (name, sentence)
    assert "没有写明账号" in refused(home, "pulls", account="")[1]
    assert "没有写明账号" in refused(home, "pulls", account="a\nb")[1]


def test_every_request_has_a_type_for_each_value() -> None:
    """A request cannot be made whose values nobody checks, nor twice under one name."""

    def odd(place: Place, what: object) -> None:
        del place, what

    def pulls(place: Place, letter: Name) -> None:
        del place, letter

    known = requests()
    with pytest.raises(ValueError, match="type that no request"):
        listed()(odd)
    with pytest.raises(ValueError, match="already"):
        listed()(pulls)
    assert {r.name for r in known.values() if r.anonymous} == {"ping", "superset_key"}


def test_a_file_goes_in_and_comes_back(home: Home) -> None:
    """An upload is read through its descriptor, and the slip comes back as one; neither lies in a folder."""
    with tempfile.TemporaryFile() as file:
        file.write(csv_bytes(VISITS, ["Z1", "D1", "2025-05-01", "1"], ["Z2", "D1", "2025-06-02", "1"]))
        file.flush()
        done = ask(home, "hand_in", account="zhiliang", file=file, named="走访记录_20250601.csv", dry_run=True)
    assert done["found"]["rows"] == {"read": 2, "accepted": 1, "quarantined": 1, "skipped": 0}
    with done["slip"] as slip:
        assert "问题清单" in openpyxl.load_workbook(BytesIO(slip.read())).sheetnames
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb"):
        assert "不是文件" in refused(home, "hand_in", file=pipe, named="走访记录_20250601.csv", dry_run=True)[1]


def test_reports_of_checks_and_nothing_else(home: Home) -> None:
    """A file of the reports' folder; not one beside it, by whatever way."""
    home.checks.mkdir(exist_ok=True)
    (home.checks / "index.html").write_text("逐条规则", encoding="utf-8")
    (home.checks / "key.html").symlink_to(home.path / "secret.key")
    with ask(home, "checks_file", account="zhiliang", name="index.html")["file"] as file:
        assert file.read().decode() == "逐条规则"
    for name in ("../secret.key", str(home.path / "secret.key"), "key.html", "", ".", "none.html"):
        assert "没有这份检查报告" in refused(home, "checks_file", name=name)[1]


def test_accounts_of_requests_at_once(home: Home) -> None:
    """Each entry of the log has the account of its own request, however many ask at the same moment."""
    before = len(entries(home))
    accounts = [f"account{n}" for n in range(24)]
    with ThreadPoolExecutor(len(accounts)) as pool:
        list(pool.map(lambda a: ask(home, "record_export", account=a, about={"page": a, "rows": 3}), accounts))
    new = entries(home)[before:]
    assert sorted(e["who"] for e in new) == sorted(accounts)
    assert all(e["about"] == {"page": e["who"], "rows": 3} and e["action"] == "export" for e in new)
    assert verify(home, open_vault(home.path)) == []


def test_a_large_precheck_holds_nobody_up(home: Home, tmp_path: Path) -> None:
    """While a large file is checked, other requests are answered at once."""
    file = tmp_path / "large.csv"
    file.write_bytes(csv_bytes(VISITS, *([f"Z{n}", "D1", "2025-05-01", "1"] for n in range(60_000))))
    with ThreadPoolExecutor(1) as pool, file.open("rb") as opened:
        values: dict[str, Any] = {"file": opened, "named": "走访记录_20250603.csv", "dry_run": True}
        large = pool.submit(ask, home, "hand_in", account="zhiliang", **values)
        longest = 0.0
        while not large.done():
            began = time.monotonic()
            ask(home, "pulls", account="dafu")
            longest = max(longest, time.monotonic() - began)
        assert large.result()["found"]["rows"]["accepted"] == 60_000
        assert longest < 5


def test_who_says_nothing_holds_nobody_up(home: Home) -> None:
    """Connections without a request, and broken ones, leave the service as it was."""
    silent = [connected(wire.socket_path(home.path), 5) for _ in range(8)]
    for content in (b"\xff\xff\xff\xff", wire.LENGTH.pack(5) + b"[1,2]", wire.LENGTH.pack(2) + b"{", b"GET / HTTP/1.1"):
        with connected(wire.socket_path(home.path), 5) as odd:
            odd.sendall(content)
            odd.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert odd.recv(100) == b""
    assert ask(home, "pulls", account="dafu") == []
    for connection in silent:
        connection.close()


def test_killed_and_started_again(tmp_path: Path) -> None:
    """After kill -9 the stale socket is swept; a second service of a home is refused; one that is stopped is gone."""
    home = make_desk(tmp_path).home
    with running(home) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert wire.socket_path(home.path).exists() and not answers(home)
    with running(home) as second:
        assert (home.path / "run").stat().st_mode & 0o777 == 0o750
        assert wire.socket_path(home.path).stat().st_mode & 0o777 == 0o660
        third = subprocess.run(
            [sys.executable, "-c", SECOND, str(home.path)], capture_output=True, text=True, check=False
        )
        assert (third.returncode, "runs on" in third.stderr) == (2, True), third.stderr
        assert answers(home)
    assert second.returncode == 128 + signal.SIGTERM
    assert not wire.socket_path(home.path).exists()


# as `python -m reentry.service`, without waiting for the one that is there
SECOND = """
import sys
from reentry.service import server
server.LOCK_WAIT_SECONDS = 0
sys.argv = ["service", sys.argv[1]]
from reentry.service.__main__ import main
sys.exit(main())
"""


def test_other_users_are_not_heard(tmp_path: Path) -> None:
    """The kernel says who asks: another system user gets no answer, even where the socket's mode would let him in."""
    home = make_desk(tmp_path).home
    with listening(home, None) as server:
        child = os.fork()
        if child == 0:
            Service(home, open_vault(home.path), frozenset()).run(server)
        try:
            with pytest.raises((wire.BrokenMessageError, OSError)):
                ask(home, "ping", timeout=10)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    """The kernel takes no address above 107 bytes; a home may lie deeper."""
    home = make_desk(tmp_path / ("x" * 120)).home
    with running(home):
        assert ask(home, "ping") == {"home": str(home.path)}


def test_the_desk_by_requests(made_home: MakeHome) -> None:
    """Letters, pulls and a trace of the demo's home, as the pages ask for them."""
    made: Made = made_home(1)
    with running(made.home):
        assert LETTER in [one["letter"] for one in ask(made.home, "letters", account="dafu")]
        assert len(ask(made.home, "feeds", account="zhiliang")) > 10
        values: dict[str, Any] = {
            "figure": "relief.grants",
            "starts_on": "2025-01-01",
            "ends_on": "2025-06-19",
            "shown": 5,
        }
        traced = ask(made.home, "trace", account="dafu", **values)
        assert len(traced["rows"]) == 5 < traced["row_count"]
        last = entries(made.home)[-1]
        assert (last["who"], last["action"], last["about"]["rows"]) == ("dafu", "trace", traced["row_count"])


def test_no_user_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system user for Superset that does not exist is said at once."""
    from reentry.service.server import serve

    home = make_desk(tmp_path).home
    monkeypatch.setenv("REENTRY_SUPERSET_USER", "no-such-user")
    with pytest.raises(UsageError, match="no system user no-such-user"):
        serve(home, open_vault(home.path))
