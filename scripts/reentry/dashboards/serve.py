"""`reentry serve`: the service that holds the key, and Superset, which is shut in; in the foreground until stopped.

Neither outlives the other: `Running.wait` ends both when one ends, and the kernel ends both when we are gone.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from reentry.dashboards.shut_in import TEMPORARY, ShutIn, opened_folder, shut_in
from reentry.dashboards.superset import LOG, environment, new_log, published, server_command
from reentry.errors import ReentryError, UsageError
from reentry.service import log as service_log
from reentry.service import wire
from reentry.service.client import RefusedError, ask
from reentry.store import Home
from reentry.vault import Vault

START_SECONDS = 120
END_SECONDS = 30
PORT_SECONDS = 3
LOOK_SECONDS = 0.3
DAY = 24 * 60 * 60
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Running:
    """Both processes, answering; ``held`` is how Superset is shut in."""

    superset: Process
    service: Process | None
    held: ShutIn
    home: Home

    def wait(self) -> None:
        """Until Superset is stopped; ReentryError, naming the log, when one of the two ends by itself."""
        while self.superset.poll() is None:
            if self.service is not None and self.service.poll() is not None:
                log = self.home.path / "run" / service_log.FILE
                raise ReentryError(f"The service has ended: read {log}, start again.")
            time.sleep(LOOK_SECONDS)
        raise ReentryError(f"Superset has ended: read {self.home.superset / LOG}, and start again.")


@contextlib.contextmanager
def serving(home: Home, vault: Vault | None, *, host: str, port: int, with_service: bool = True) -> Iterator[Running]:
    """A running service and a running Superset, ready to answer; both are stopped at the end.

    Without ``vault`` Superset's key is asked of the service, which then runs already (``with_service`` False).
    UsageError when the port is taken; ReentryError when one of them does not come up.
    """
    published(home)
    refuse_taken(host, port)
    held = shut_in(home)
    _sweep(home)
    signal.signal(signal.SIGTERM, _stop)  # a service manager's stop ends the servers too
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(_service(home)) if with_service else None
        key = vault.key("superset") if vault else _key_of_service(home)
        command = held.command(home, server_command(host, port), port=port)
        with new_log(home) as log:
            superset = subprocess.Popen(  # noqa: S603 (our own program)
                command, env=environment(home, key, held), stdout=log, stderr=log
            )
        stack.callback(_end, superset)
        _wait(superset, home, host, port)
        if service is not None:
            _wait_for_service(service, home)
        yield Running(superset, service, held, home)


@contextlib.contextmanager
def _service(home: Home) -> Iterator[Process]:
    folder = home.path / "run"
    folder.mkdir(mode=0o750, exist_ok=True)
    with (folder / service_log.FILE).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "reentry.service", str(home.path), "--with-parent"], stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        _end(process)


def _sweep(home: Home) -> None:
    """What killed processes left in Superset's temporary folder a day ago or longer."""
    with opened_folder(home.superset / TEMPORARY) as folder, os.scandir(folder) as left:
        for one in left:
            if one.stat(follow_symlinks=False).st_mtime > time.time() - DAY:
                continue
            if one.is_dir(follow_symlinks=False):
                shutil.rmtree(one.name, dir_fd=folder)
            else:
                os.unlink(one.name, dir_fd=folder)


def _end(process: Process) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def refuse_taken(host: str, port: int) -> None:
    """UsageError when somebody listens at this address; one that is just ending is waited for."""
    until = time.monotonic() + PORT_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                    time.sleep(0.2)
                    continue
                raise UsageError(f"{host}:{port} cannot be used ({error.strerror}): give another --port.") from error
        return


def _wait(server: Process, home: Home, host: str, port: int) -> None:
    """Until the log-in page is there: /health says yes even when it is not."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/login/")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.2)
    raise ReentryError(f"The dashboards did not start: read {home.superset / LOG}, and report what stands there.")


def _wait_for_service(service: Process, home: Home) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and service.poll() is None:
        with contextlib.suppress(OSError, wire.BrokenMessageError):
            ask(home, "ping", timeout=START_SECONDS)
            return
        time.sleep(0.1)
    log = home.path / "run" / service_log.FILE
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if service.returncode == UsageError.exit_status and said:
        raise UsageError(said[-1].removeprefix("reentry: "))
    raise ReentryError(f"The service did not start: read {log}, and report what stands there.")


def _key_of_service(home: Home) -> str:
    try:
        return str(ask(home, "superset_key")["key"])
    except (OSError, wire.BrokenMessageError, RefusedError) as error:
        raise UsageError(
            f"No service answers at {wire.socket_path(home.path)}: start `reentry serve --only service` first."
        ) from error
