"""Superset shut in: what its process reaches, what its environment tells, and how the two processes live and die."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desk import make_desk
from reentry import confine
from reentry.dashboards import shut_in as module
from reentry.dashboards.printing import free_port
from reentry.dashboards.shut_in import KEPT_FROM, USER, ShutIn, kept_from, shut_in
from reentry.dashboards.superset import environment
from reentry.project import SUPERSET_PYTHON
from reentry.service.client import ask
from reentry.store import Home
from reentry.vault import Vault, open_vault
from served import Served

# what is tried inside; each says what became of it
TRIES = """
import json, os, socket, sys
said = json.loads(sys.stdin.read())

def connect(port):
    socket.create_connection(("127.0.0.1", port), timeout=5)

def bind(port):
    with socket.socket() as one:
        one.bind(("127.0.0.1", port))

def meet(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)

ways = {
    "read": lambda path: open(path, "rb").read(1),
    "list": os.listdir,
    "write": lambda path: open(path, "w").write("x"),
    "end": lambda process: os.kill(process, 0),
    "run": lambda path: os.execv(path, [path, "--version"]),
    "connect": connect, "bind": bind, "meet": meet,
}
found = {}
for way, what in said:
    try:
        ways[way](what)
        found[f"{way} {what}"] = "done"
    except OSError as error:
        found[f"{way} {what}"] = type(error).__name__
print(json.dumps(found))
"""
# `reentry serve` with a server in Superset's place that is there at once
FAKE = """
import sys
from reentry import cli
from reentry.dashboards import serve
from reentry.project import SUPERSET_PYTHON
place = sys.argv[1] + "/superset"
serve.server_command = lambda host, port: [
    str(SUPERSET_PYTHON), "-m", "http.server", str(port), "--bind", host, "--directory", place
]
sys.argv = ["reentry", "serve", "--home", *sys.argv[1:]]
cli.main()
"""
GONE = {"PermissionError"}


@dataclass(frozen=True)
class Made:
    """A home with something published, and its key."""

    home: Home
    vault: Vault


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A home with something published, one file of each kind, and an inbox beside it."""
    home = make_desk(tmp_path_factory.mktemp("shut")).home
    inbox = home.path.with_name("home-inbox") / "公安局"
    version = home.published / "1"
    for folder in (home.basis("x").parent, home.path / "audit", home.replies / "x", inbox, version):
        folder.mkdir(parents=True)
        (folder / "log.jsonl").write_bytes(b"x")
    (version / "dashboards.duckdb").write_bytes(b"x")
    home.current.symlink_to("1")
    (home.superset / "login").mkdir(parents=True)
    return Made(home, open_vault(home.path))


def tried(made: Made, held: ShutIn, *tries: tuple[str, Any], port: int | None = None) -> dict[str, str]:
    """What becomes of each try in a process that is shut in as Superset's is."""
    command = held.command(made.home, [str(SUPERSET_PYTHON), "-c", TRIES], port=port)
    variables = environment(made.home, made.vault.key("superset"), held)
    ran = subprocess.run(
        command, input=json.dumps(tries), env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def test_what_superset_reaches(made: Made) -> None:
    """The key, the warehouse, the inbox and all else of the home are closed; what it needs is open."""
    held = shut_in(made.home)
    assert held.holds, "neither another user nor Landlock: this machine cannot show it"
    assert "已隔离" in held.sentence
    place, port, other = made.home.path.resolve(), free_port(), free_port()
    closed: list[tuple[str, Any]] = [
        *(("read" if path.is_file() else "list", str(path)) for path in kept_from(made.home)),
        ("list", str(place)),
        ("list", str(Path.home())),
        ("write", str(place / "published" / "x")),
        ("write", str(place / "x")),
    ]
    assert len(closed) >= 11
    if held.landlock:
        closed += [("read", "/etc/shadow"), ("read", f"/proc/{os.getpid()}/environ"), ("run", "/bin/sh")]
        closed += [("write", "/tmp/x")]  # noqa: S108 (refused)
    if held.landlock >= 4:
        closed += [("connect", port), ("bind", other)]
    if held.landlock >= 6:
        closed += [("end", os.getpid())]
    opened: list[tuple[str, Any]] = [
        ("read", str(place / "published" / "current" / "dashboards.duckdb")),
        ("write", str(place / "superset" / "x")),
        ("write", str(place / "superset" / "tmp" / "x")),
        ("bind", port),
    ]
    found = tried(made, held, *closed, *opened, port=port)
    assert {k: v for k, v in found.items() if k in {f"{w} {x}" for w, x in closed} and v not in GONE} == {}
    assert {found[f"{w} {x}"] for w, x in opened} == {"done"}


def test_the_environment_tells_nothing_of_the_vault(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that leads to the key, none that nobody named, and Superset's own key alone."""
    for name in ("REENTRY_KEY", "REENTRY_INBOX", "REENTRY_ACCOUNT", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not for Superset")
    monkeypatch.setenv("REENTRY_KEY_FILE", str(made.home.path / "secret.key"))
    variables = environment(made.home, made.vault.key("superset"), shut_in(made.home))
    assert "not for Superset" not in " ".join(variables.values())
    assert "REENTRY_KEY_FILE" not in variables
    assert made.vault.secret.decode() not in " ".join(variables.values())


def test_walls_that_do_not_hold_stop_the_start(made: Made) -> None:
    """Shut in as announced it starts; where one of the places can be opened it does not."""
    held, code = shut_in(made.home), "from server.confined import refuse_open_walls as x; x()"
    variables = environment(made.home, "0" * 64, held)
    program = [str(SUPERSET_PYTHON), "-c", code]
    for command, kept, status, said in (
        (held.command(made.home, program), variables[KEPT_FROM], 0, "隔离已核实"),
        (program, variables[KEPT_FROM], 1, "却能打开"),
        (held.command(made.home, program), str(made.home.current / "dashboards.duckdb"), 1, "却能打开"),
        (held.command(made.home, program), str(made.home.published), 1, "却能打开"),
        (program, "", 0, ""),
    ):
        ran = subprocess.run(
            command, env=variables | {KEPT_FROM: kept}, capture_output=True, text=True, check=False, timeout=60
        )
        assert (ran.returncode, said in ran.stderr) == (status, True), ran.stderr


def test_the_server_has_looked(served: Served) -> None:
    """The running Superset tried its walls before it served."""
    assert "隔离已核实" in (served.home.superset / "superset.log").read_text(encoding="utf-8")


def test_another_user_from_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """From root it runs as the user that is named, if he can run it and pass to the home; else Landlock alone."""
    monkeypatch.setattr(module, "SUPERSET_PYTHON", Path("/usr/bin/python3"))
    monkeypatch.setattr(module, "TRIAL", "import os, sys; [os.scandir(folder) for folder in sys.argv[1:]]")
    monkeypatch.setenv(USER, "nobody")
    with tempfile.TemporaryDirectory() as name:
        home = make_desk(Path(name) / "desk").home
        home.published.mkdir()
        held = shut_in(home)
        assert held.user is None  # the folder above is closed to him
        for folder in (Path(name), home.path.parent):
            folder.chmod(0o755)
        held = shut_in(home)
        assert held.user == ("nobody" if getpass.getuser() == "root" else None)
        if held.user is None:
            return
        alone = ShutIn(held.user, 0)
        assert "系统用户 nobody" in alone.sentence
        tries = [("read", str(home.path / "secret.key")), ("list", str(home.path)), ("list", str(home.published))]
        tries += [("write", str(home.superset / "x")), ("write", str(home.published / "x"))]
        ran = subprocess.run(
            alone.command(home, ["/usr/bin/python3", "-c", TRIES]),
            input=json.dumps(tries),
            capture_output=True,
            text=True,
            check=True,
        )
        closed, refused = "done", "PermissionError"
        assert list(json.loads(ran.stdout).values()) == [refused, refused, closed, closed, refused]


def test_it_says_so_where_nothing_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Landlock and without another user there is one sentence at the start."""
    monkeypatch.setattr(confine, "landlock_abi", lambda: 0)
    monkeypatch.setattr(module, "_can_run", lambda *_: False)
    held = shut_in(make_desk(tmp_path).home)
    assert not held.holds and "没有隔离" in held.sentence and "\n" not in held.sentence


@contextmanager
def fake(home: Home, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`reentry serve` with the stand-in, once it says where it is."""
    command = [sys.executable, "-c", FAKE, str(home.path), "--port", str(port), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if more[1:] != ("service",):
            while "看板：" not in (line := process.stdout.readline()):
                assert line, process.communicate()[1]
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def children(process: subprocess.Popen[str]) -> dict[str, int]:
    """The two processes of a server by what they are."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    lines = {int(p): Path(f"/proc/{p}/cmdline").read_text(encoding="utf-8") for p in found}
    return {"service" if "reentry.service" in line else "superset": p for p, line in lines.items()}


def is_gone(process: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_neither_process_outlives_the_other(made: Made) -> None:
    """Killed, both are gone and the next start works; when one of the two ends, the other is ended, in one sentence."""
    port = free_port()
    with fake(made.home, port) as first:
        both = children(first)
        assert set(both) == {"service", "superset"}
        first.send_signal(signal.SIGKILL)
        assert all(is_gone(process) for process in both.values())
    for ended, said in (("service", "The service has ended"), ("superset", "Superset has ended")):
        with fake(made.home, port) as again:
            both = children(again)
            assert ask(made.home, "ping")
            os.kill(both[ended], signal.SIGKILL)
            assert (again.wait(30), said in again.communicate()[1]) == (1, True)
            assert all(is_gone(process) for process in both.values())
    with fake(made.home, port) as last:
        last.terminate()
        assert last.wait(30) == 128 + signal.SIGTERM
        assert not (made.home.path / "run" / "reentry.sock").exists()


def test_the_two_parts_by_themselves(made: Made) -> None:
    """As the systemd units start them: Superset's part has no key of the vault and asks the service for its own."""
    port = free_port()
    command = [sys.executable, "-c", FAKE, str(made.home.path), "--port", str(port), "--only", "superset"]
    alone = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (alone.returncode, "--only service` first" in alone.stderr) == (2, True), alone.stderr
    with fake(made.home, port, "--only", "service") as service:
        for _ in range(100):
            if (made.home.path / "run" / "reentry.sock").exists():
                break
            time.sleep(0.1)
        assert ask(made.home, "superset_key") == {"key": open_vault(made.home.path).key("superset")}
        with fake(made.home, port, "--only", "superset") as superset:
            assert set(children(superset)) == {"superset"}
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/") as answer:
                assert answer.status == 200
        assert service.poll() is None


def test_a_port_in_use_is_said(made: Made) -> None:
    """One sentence, before anything is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-c", FAKE, str(made.home.path), "--port", str(port)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, "cannot be used" in ran.stderr) == (2, True)
