"""The web server by itself, on a small application: proxies and hosts, time limits, log, and its processes."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reentry.dashboards.printing import free_port
from reentry.project import DASHBOARDS, SUPERSET_PYTHON

PROXY = "127.0.0.9"
SCRIPT = f"""
import os, sys
from pathlib import Path
from server import web
from server.front import Front

web.REQUEST_SECONDS = web.IDLE_SECONDS = web.LOOK_SECONDS = web.ANSWER_SECONDS = 1
web.LOG_BYTES = 4000

def application(environ, start_response):
    if environ["PATH_INFO"] == "/noise":
        print("noise " * 20, file=sys.stderr, flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/large":
        return [b"x" * 20_000_000]
    said = os.getpid(), environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]
    said += tuple(name for name in environ if "FORWARDED" in name and name.startswith("HTTP_"))
    return [" ".join(map(str, said)).encode()]

front = Front(application, proxies=["{PROXY}"], hosts=["Dashboards.example", ".district.example"])
sys.exit(web.Parent(web.listen("127.0.0.1", int(sys.argv[1])), front, Path(sys.argv[2])).run())
"""
FORWARDED = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "dashboards.example"}


Running = tuple[subprocess.Popen[bytes], int, Path]  # the parent process, the port, the log


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A running server."""
    port, log = free_port(), folder / "web.log"
    variables = {**os.environ, "PYTHONPATH": str(DASHBOARDS)}
    server = subprocess.Popen([str(SUPERSET_PYTHON), "-c", SCRIPT, str(port), str(log)], env=variables)
    try:
        wait_until(lambda: _answers(port))
        yield server, port, log
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all tests that leave its processes alone."""
    with running(tmp_path_factory.mktemp("web")) as made:
        yield made


def wait_until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Until something is so; fails when it takes too long."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port)[0] == http.HTTPStatus.OK
    return False


def ask(port: int, path: str = "/", *, source: str = "127.0.0.1", **headers: str) -> tuple[int, list[str]]:
    """Status and words of an answer: process, client, protocol, host, forwarding headers that came through."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(source, 0))
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode().split()


def test_forwarding_headers_of_named_proxies_only(server: Running) -> None:
    """A proxy is believed; who else sends such headers is himself, and they do not reach the application."""
    port = server[1]
    assert ask(port, source=PROXY, **FORWARDED)[1][1:4] == ["192.0.2.7", "https", "dashboards.example"]
    more = {"X-Real-IP": "192.0.2.7", "Forwarded": "for=192.0.2.7", "X-Forwarded-Prefix": "/x", "X-Forwarded-Port": "1"}
    assert ask(port, **FORWARDED, **more)[1][1:] == ["127.0.0.1", "http", f"127.0.0.1:{port}"]


def test_hosts(server: Running) -> None:
    """Names of this machine and those of the settings; a proxy cannot bring in another."""
    port = server[1]
    for host in ("localhost", "127.0.0.1:1", "[::1]:80", "DASHBOARDS.example", "a.district.example"):
        assert ask(port, Host=host)[0] == http.HTTPStatus.OK, host
    for host in ("district.example.org", "district.example", "xdashboards.example", "a b", "[::2]", "localhost:port"):
        status, words = ask(port, Host=host)
        assert status == http.HTTPStatus.BAD_REQUEST and "allowed_hosts" in words[-1], host
    assert ask(port, source=PROXY, **{"X-Forwarded-Host": "evil.example"})[0] == http.HTTPStatus.BAD_REQUEST


def test_large_requests(server: Running) -> None:
    """A body of megabytes only where files are sent, a header of kilobytes: else nothing of it is kept."""
    port = server[1]
    for path, status in (("/", 413), ("/precheck/file", 200)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(5 << 20))
        connection.endheaders(b"x" * (5 << 20) if status == http.HTTPStatus.OK else None)
        assert connection.getresponse().status == status, path
    assert ask(port, Cookie="x" * 70_000)[0] == http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_slow_clients_are_parted_from(server: Running) -> None:
    """Who sends a byte now and then, nothing at all, or takes no answer: not for ever."""
    port = server[1]
    starts = (b"GET / HTTP/1.1\r\nHost: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n", b"")
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in (*starts, b"")]
    for client, start in zip(clients, (*starts, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"), strict=True):
        client.sendall(start)
    sending, open_until = clients[:2], time.monotonic() + 30
    while any(_still_takes(client) for client in sending):
        assert time.monotonic() < open_until, "a slow client is held for ever"
        time.sleep(0.2)
    assert clients[2].recv(1) == b""
    time.sleep(5)  # the server looks every second, and its end reaches who reads only after what is under way
    taken = 0
    with contextlib.suppress(ConnectionError):
        while some := clients[3].recv(1 << 20):
            taken += len(some)
    assert taken < 20_000_000
    assert ask(port)[0] == http.HTTPStatus.OK


def _still_takes(client: socket.socket) -> bool:
    try:
        client.sendall(b"x")
    except OSError:
        return False
    return True


def test_the_log_is_bounded(server: Running) -> None:
    """What the processes write goes into a log that begins anew when it is full; few old ones are kept."""
    _, port, log = server
    for _ in range(200):
        assert ask(port, "/noise")[0] == http.HTTPStatus.OK
    wait_until(lambda: log.with_suffix(".log.2").exists())
    files = list(log.parent.glob("web.log*"))
    assert len(files) == 3 and all(file.stat().st_size <= 4000 for file in files)
    assert log.read_text(encoding="utf-8").startswith("noise noise")


def test_processes(tmp_path: Path) -> None:
    """One that ends is replaced; all end when the parent is killed, and when it is asked to stop (status 0)."""
    with running(tmp_path) as (parent, port, _):
        wait_until(lambda: len(_children(parent.pid)) == 2)
        first = _children(parent.pid)
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: len(_children(parent.pid)) == 2 and first[0] not in _children(parent.pid))
        assert ask(port)[0] == http.HTTPStatus.OK
        second = _children(parent.pid)
        parent.kill()
        parent.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in second))
    with running(tmp_path) as (parent, _, _):
        third = _children(parent.pid)
        parent.terminate()
        assert parent.wait(timeout=30) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in third)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
