"""How client and service talk: one request a connection, each message a JSON object with open files beside it.

A message is its length in four bytes, then JSON in UTF-8; files travel as descriptors (SCM_RIGHTS) with the first
bytes, and the member ``files`` names the values that they are. The client of Superset's process is a copy of the same
few lines (dashboards/server/service.py): the two environments share no code.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from pathlib import Path
from typing import Any

LENGTH = struct.Struct("!I")
CREDENTIALS = struct.Struct("3i")
MOST_FILES = 4
SOCKET = "reentry.sock"
_LONGEST_ADDRESS = 100  # the kernel takes 107 bytes


class BrokenMessageError(Exception):
    """What came is no message: too long, cut off, or no JSON object."""


def socket_path(home: Path) -> Path:
    """Where the service of a home listens."""
    return home / "run" / SOCKET


def address_of(path: Path, folder: int | None = None) -> str:
    """A socket's address; through the open ``folder`` where the path is longer than the kernel takes."""
    text = str(path)
    if len(os.fsencode(text)) <= _LONGEST_ADDRESS or folder is None:
        return text
    return f"/proc/self/fd/{folder}/{path.name}"


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the kernel knows them."""
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    process, user, _ = CREDENTIALS.unpack(said)
    return process, user


def send(connection: socket.socket, document: dict[str, Any], files: list[int]) -> None:
    """Sends one message with the descriptors of ``files``."""
    body = json.dumps(document, ensure_ascii=False, default=str).encode()
    head = LENGTH.pack(len(body))
    if files:
        socket.send_fds(connection, [head], files)
    else:
        connection.sendall(head)
    connection.sendall(body)


def receive(connection: socket.socket, most: int) -> tuple[dict[str, Any], list[int]]:
    """Receives one message of at most ``most`` bytes, and the descriptors that came with it, which the caller closes.

    BrokenMessageError when it is none; no descriptor is left open then.
    """
    files: list[int] = []
    try:
        head = _first_bytes(connection, files)
        size = LENGTH.unpack(head + _exactly(connection, LENGTH.size - len(head)))[0]
        if size > most:
            raise BrokenMessageError(f"a message of {size} bytes")
        document = json.loads(_exactly(connection, size))
    except (ValueError, OSError, RecursionError) as error:
        _close(files)
        raise BrokenMessageError(type(error).__name__) from error
    except BrokenMessageError:
        _close(files)
        raise
    if not isinstance(document, dict):
        _close(files)
        raise BrokenMessageError("no JSON object")
    return document, files


def _first_bytes(connection: socket.socket, files: list[int]) -> bytes:
    """The first bytes of the length; descriptors beside them go to ``files``."""
    space = socket.CMSG_SPACE(MOST_FILES * array.array("i").itemsize)
    head, beside, _, _ = connection.recvmsg(LENGTH.size, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, content in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found = array.array("i")
            found.frombytes(content[: len(content) - len(content) % found.itemsize])
            files.extend(found)
    return head


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            raise BrokenMessageError("cut off")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _close(files: list[int]) -> None:
    for descriptor in files:
        os.close(descriptor)
    files.clear()
