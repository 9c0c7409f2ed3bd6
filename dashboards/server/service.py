"""The client of the resident service: Superset has no key and opens no file of the home; it asks for what it needs.

``ask("pulls")``, ``ask("submit", letter=…, pull=…)``: the name of a request and its values, for the account of this
web request. A value that is an open file travels as a descriptor, and so does a file that comes back: a member of the
answer that is open for reading, which the caller closes. The requests: scripts/reentry/service/requests.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from flask import g, has_request_context

TIMEOUT_SECONDS = 300
LONG_TIMEOUT_SECONDS = 960  # of heavy requests: the service ends them before
MOST_FILES = 4
MOST_BYTES = 256 << 20
NOT_THERE = "数据服务没有应答：请稍后再试；仍然如此时请管理员查看 reentry serve 是否在运行。"
LATE = "超过 {seconds} 秒没有完成：请稍后再试。"
NOBODY = "请先登录。"
_LENGTH = struct.Struct("!I")
_LONGEST_ADDRESS = 100  # the kernel takes 107 bytes


class ServiceError(Exception):
    """The service refused or could not be asked: its text is one sentence for the page.

    ``status`` is as the exit statuses of `reentry`: 1 broken, 2 wrong usage, 4 a gate.
    """

    def __init__(self, sentence: str, status: int) -> None:
        """``sentence``: what the page says."""
        super().__init__(sentence)
        self.status = status


def ask(request: str, *, account: str | None = None, timeout: float = TIMEOUT_SECONDS, **values: Any) -> Any:
    """The answer to a request. ``account``: where it is not that of the web request, as at a log-in.

    ServiceError when the service refuses, is not there, or takes longer than ``timeout`` seconds.
    """
    files = {name: value for name, value in values.items() if hasattr(value, "fileno")}
    plain = {n: str(v) if isinstance(v, date) else v for n, v in values.items() if n not in files and v is not None}
    asked = {"request": request, "account": account or _account(), "values": plain, "files": list(files)}
    try:
        with _connected(timeout) as connection:
            _send(connection, asked, [file.fileno() for file in files.values()])
            answer, descriptors = _receive(connection)
    except TimeoutError as error:
        raise ServiceError(LATE.format(seconds=int(timeout)), 1) from error
    except (OSError, ValueError, EOFError) as error:
        raise ServiceError(NOT_THERE, 1) from error
    opened = [os.fdopen(descriptor, "rb") for descriptor in descriptors]
    if answer["status"] != 0:
        raise ServiceError(answer["sentence"], answer["status"])
    found = answer["answer"]
    return {**found, **dict(zip(answer["files"], opened, strict=True))} if opened else found


def _account() -> str:
    user = getattr(g, "user", None) if has_request_context() else None
    if user is None or user.is_anonymous:
        raise ServiceError(NOBODY, 2)
    return str(user.username)


@contextlib.contextmanager
def _connected(timeout: float) -> Iterator[socket.socket]:
    path = Path(os.environ["REENTRY_HOME"]) / "run" / "reentry.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, contextlib.ExitStack() as stack:
        connection.settimeout(timeout)
        address = str(path)
        if len(os.fsencode(address)) > _LONGEST_ADDRESS:
            folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
            stack.callback(os.close, folder)
            address = f"/proc/self/fd/{folder}/{path.name}"
        connection.connect(address)
        yield connection


def _send(connection: socket.socket, document: dict[str, Any], files: list[int]) -> None:
    body = json.dumps(document, ensure_ascii=False).encode()
    head = _LENGTH.pack(len(body))
    if files:
        socket.send_fds(connection, [head], files)
    else:
        connection.sendall(head)
    connection.sendall(body)


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    files: list[int] = []
    space = socket.CMSG_SPACE(MOST_FILES * array.array("i").itemsize)
    head, beside, _, _ = connection.recvmsg(_LENGTH.size, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, content in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found = array.array("i")
            found.frombytes(content[: len(content) - len(content) % found.itemsize])
            files.extend(found)
    try:
        size = _LENGTH.unpack(head + _exactly(connection, _LENGTH.size - len(head)))[0]
        if size > MOST_BYTES:
            raise ValueError("the answer is too large")
        return json.loads(_exactly(connection, size)), files
    except BaseException:
        for descriptor in files:
            os.close(descriptor)
        raise


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            raise EOFError("cut off")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
