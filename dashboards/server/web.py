"""The server: `python -m server.web --host HOST --port PORT`, run by `reentry serve`.

Two processes, one for each of two cores, on one listening socket, forked once the application is loaded. In each,
Waitress takes whole requests in and hands whole answers out in one thread: a thread of the application is busy only
while it works, however slowly a client sends or reads. The parent passes on what they write to a log of limited size,
starts anew what has ended, and stops both.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.utilities import RequestEntityTooLarge

from server.front import Front
from server.pages.precheck import ADDRESS, LIMIT_MB, TOO_LARGE

PROCESSES = 2
THREADS = 8  # in each
CONNECTIONS = 1000  # in each
IDLE_SECONDS = 60  # without a byte
REQUEST_SECONDS = 30  # for a request at least, and
LEAST_RATE = 10_000  # bytes a second, beyond them
ANSWER_SECONDS = 600  # for an answer
LOOK_SECONDS = 5
HEADER_BYTES = 1 << 16  # addresses carry whole questions
BODY_BYTES = 4 << 20  # where no file is sent
SLACK_BYTES = 8 << 20  # the application refuses an upload that is too large in its own words
LOG_BYTES, LOGS_KEPT = 2_000_000, 3
STOP_SECONDS = 10
LOG = "superset.log"
NO_FILES_HERE = "发送的内容过大：只有“报送预检”页面接收文件。"
logger = logging.getLogger("server.web")


class Request(HTTPRequestParser):
    """A request: large only where files are sent, so that nobody fills the disk elsewhere."""

    error: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Called when the header is there."""
        super().parse_header(header_plus)
        if self.path != ADDRESS:
            self.adj: Any = self.adj.without_files

    def received(self, data: bytes) -> int:
        """Called with what came in; what is too large is refused in words of our own."""
        taken: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = RequestEntityTooLarge(TOO_LARGE if self.path == ADDRESS else NO_FILES_HERE)
        return taken


class Channel(HTTPChannel):
    """A connection."""

    parser_class = Request


class PatientServer(TcpWSGIServer):
    """Waitress, which also parts from clients that send or take a little now and then for ever."""

    channel_class = Channel

    def maintenance(self, now: float) -> None:
        """Called every LOOK_SECONDS."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.last_activity and _is_too_slow(channel, now):
                channel.will_close = True


def _is_too_slow(channel: Any, now: float) -> bool:
    """Whether a request, or the taking of an answer, lasts longer than it may."""
    request = channel.request
    waiting = request if request is not None else "answer" if channel.total_outbufs_len else None
    if waiting is not getattr(channel, "waiting", None):
        channel.waiting, channel.since = waiting, now
    if waiting is None:
        return False
    seconds = now - channel.since
    if request is None:
        return bool(seconds > ANSWER_SECONDS)
    received = request.header_bytes_received + request.body_bytes_received
    return bool(seconds > REQUEST_SECONDS + received / LEAST_RATE)


def main() -> int:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="server.web")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    os.umask(0o027)
    listening = listen(asked.host, asked.port)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a request that waits is no news
    application = _application(asked.host)
    return Parent(listening, application, Path(os.environ["REENTRY_HOME"]) / "superset" / LOG).run()


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=1024)
    listening.setblocking(False)
    return listening


def _application(host: str) -> Front:
    from superset.app import create_app

    settings = json.loads(os.environ.get("REENTRY_WEB", "{}"))
    bound = f"[{host}]" if ":" in host else host
    hosts = [*settings.get("allowed_hosts", []), bound]
    return Front(create_app(), proxies=settings.get("trusted_proxies", []), hosts=hosts)


def open_log(path: Path) -> RotatingFileHandler:
    """The log, which begins anew when it is full. What whoever started us has written to it is taken over."""
    if path.exists() and not os.access(path, os.W_OK):
        text = path.read_bytes() if os.access(path, os.R_OK) else b""
        path.unlink()  # the folder is ours
        path.write_bytes(text)
    return RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT - 1, encoding="utf-8")


class Parent:
    """Forks the processes and looks after them."""

    def __init__(self, listening: socket.socket, application: Front, log: Path) -> None:
        self._listening, self._application = listening, application
        self._log = open_log(log)
        self._read, self._write = os.pipe()  # what is written, by the parent too
        self._lifeline = os.pipe()  # ends with the parent, however it ends
        self._children: set[int] = set()
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        gc.collect()
        gc.freeze()  # what is loaded stays shared between the processes
        for stream in (1, 2):
            os.dup2(self._write, stream)
        self._fork(PROCESSES)
        passing = threading.Thread(target=self._pass_on, daemon=True)
        passing.start()
        while self._children:
            self._await_one()
        for stream in (self._write, 1, 2):  # the last lines
            os.close(stream)
        passing.join(timeout=1)
        return 0

    def _await_one(self) -> None:
        pid, status = os.wait()
        self._children.discard(pid)
        if not self._stopping:
            logger.error("server process %s ended (status %s): another one starts", pid, status)
            time.sleep(1)
            self._fork(1)

    def _fork(self, count: int) -> None:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                self._serve()
            self._children.add(pid)

    def _serve(self) -> None:
        """A process: never comes back."""
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _leave)
            os.close(self._lifeline[1])
            os.close(self._read)
            threading.Thread(target=_end_with_parent, args=(self._lifeline[0],), daemon=True).start()
            _server(self._listening, self._application).run()
            status = 0
        except SystemExit:
            status = 0
        except BaseException:
            logger.exception("server process broke")
        finally:
            os._exit(status)

    def _pass_on(self) -> None:
        """Copies what the processes write to the log, a line at a time."""
        with os.fdopen(self._read, encoding="utf-8", errors="replace") as written:
            for line in written:
                self._log.emit(logging.makeLogRecord({"msg": line.rstrip("\n")}))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stopping = True
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        signal.signal(signal.SIGALRM, self._kill)
        signal.alarm(STOP_SECONDS)

    def _kill(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _server(listening: socket.socket, application: Front) -> PatientServer:
    said = Adjustments(
        sockets=[listening],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=LOOK_SECONDS,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=(LIMIT_MB << 20) + SLACK_BYTES,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,  # server.front does
        log_socket_errors=False,
        ident=None,
    )
    said.without_files = copy.copy(said)
    said.without_files.max_request_body_size = BODY_BYTES
    address = (listening.family, listening.type, listening.proto, listening.getsockname())
    return PatientServer(application, _sock=listening, adj=said, sockinfo=address, bind_socket=False)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
