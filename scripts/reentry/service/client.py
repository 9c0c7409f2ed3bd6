"""Asking the service from a process of this package: `reentry serve` and tests. Superset has a client of its own."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reentry.errors import ReentryError
from reentry.service import wire
from reentry.store import Home

MOST_BYTES = 256 << 20


class RefusedError(ReentryError):
    """The service refused: its sentence, and the status that it said."""

    def __init__(self, sentence: str, status: int) -> None:
        """``status``: as the exit statuses of `reentry`."""
        super().__init__(sentence)
        self.exit_status = status


def ask(home: Home, request: str, *, account: str = "", timeout: float = 300, **values: Any) -> Any:
    """The answer to a request; a value that is an open file goes along, a file of the answer is open for reading.

    RefusedError when the service refuses; OSError when there is none, BrokenMessageError when it does not answer.
    """
    files = {name: value for name, value in values.items() if hasattr(value, "fileno")}
    plain = {name: value for name, value in values.items() if name not in files}
    asked = {"request": request, "account": account, "values": plain, "files": list(files)}
    with connected(wire.socket_path(home.path), timeout) as connection:
        wire.send(connection, asked, [file.fileno() for file in files.values()])
        answer, descriptors = wire.receive(connection, MOST_BYTES)
    opened = [os.fdopen(descriptor, "rb") for descriptor in descriptors]
    if answer["status"] != 0:
        raise RefusedError(answer["sentence"], answer["status"])
    found = answer["answer"]
    return {**found, **dict(zip(answer["files"], opened, strict=True))} if opened else found


def connected(path: Path, timeout: float) -> socket.socket:
    """A connection to the socket at ``path``."""
    with ExitStack() as stack:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(wire.address_of(path, folder))
        except BaseException:
            connection.close()
            raise
        return connection
