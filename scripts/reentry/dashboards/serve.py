"""`reentry serve`: Superset on the published version, in the foreground until it is stopped."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from reentry.dashboards.superset import LOG, environment, published, server_command
from reentry.errors import ReentryError, UsageError
from reentry.store import Home
from reentry.vault import Vault

START_SECONDS = 120


@contextlib.contextmanager
def serving(home: Home, vault: Vault, *, host: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A running server, ready to answer; stopped at the end.

    UsageError when the port is taken; ReentryError when it does not come up.
    """
    published(home)
    refuse_taken(host, port)
    variables = environment(home, vault)
    signal.signal(signal.SIGTERM, _stop)  # a service manager's stop ends the server too
    with (home.superset / LOG).open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 (our own program)
            server_command(host, port), env=variables, stdout=log, stderr=log
        )
        try:
            _wait(server, home, host, port)
            yield server
        finally:
            server.terminate()
            server.wait()


def _stop(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def refuse_taken(host: str, port: int) -> None:
    """UsageError when somebody listens at this address already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(f"{host}:{port} cannot be used ({error.strerror}): give another --port.") from error


def _wait(server: subprocess.Popen[bytes], home: Home, host: str, port: int) -> None:
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
