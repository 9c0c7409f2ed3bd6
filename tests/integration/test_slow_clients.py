"""Slow clients hold nobody up: 200 of them, byte by byte, half open, or taking nothing; and a page beside them."""

from __future__ import annotations

import contextlib
import socket
import time

from long import sample
from served import OK, Served, get

ROLE = "区领导"
CLIENTS = sample(200, 800)
SECONDS = 20.0  # for the page, on a busy machine; alone it takes a fraction of one
LARGE = "/superset/language_pack/zh/"  # more than the socket's own buffers take


def test_a_page_loads_beside_slow_clients(served: Served) -> None:
    """Page and tiles are answered while slow clients hold more connections than the server has threads."""
    session = served.session(ROLE)
    pages = ("/superset/dashboard/overview/", "/api/v1/dashboard/overview/charts", "/login/")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(_client(served)) for _ in range(CLIENTS)]
        for number, client in enumerate(clients):
            client.sendall(_first_bytes(number))
        for turn in range(3):
            for client in clients[::4]:
                client.sendall(b"x")  # one more byte of a header or a body
            start = time.monotonic()
            assert [get(session, path).status for path in pages] == [OK] * 3, turn
            assert time.monotonic() - start < SECONDS
        assert all(_is_open(client) for client in clients[::4])  # they were held, not sent away


def _client(served: Served) -> contextlib.AbstractContextManager[socket.socket]:
    host, port = served.address.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect((host, int(port)))
    return contextlib.closing(client)


def _first_bytes(number: int) -> bytes:
    """Of a header that goes on, of a body that goes on, of an answer that nobody takes, of nothing."""
    kinds = (
        b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nusername=",
        f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        b"",
    )
    return kinds[number % len(kinds)]


def _is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
