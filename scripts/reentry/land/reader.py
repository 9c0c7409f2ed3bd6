"""Reading files in a process of its own, kept warm from file to file and started anew when a file has ended it."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from reentry.contract import Feed
from reentry.land.channel import Channel, prepared_from, slice_from
from reentry.land.discover import Reading
from reentry.land.limits import Limits
from reentry.land.normalise import Slice
from reentry.land.prepare import Prepared
from reentry.land.refusal import RefusedError
from reentry.land.text import OtherEncodingError

STALLED_SECONDS = 600  # nothing said for so long: the process is ended
_OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGKILL)
_CRASHED = "读取程序因这份文件异常中止，请用 Excel 打开检查后另存再报"
_STALLED = "读取用时过长，请用 Excel 打开检查后另存再报"


class ReadingError(Exception):
    """The process has failed at a file; its text is the traceback."""


class Reader:
    """Hands files to the process, one at a time."""

    def __init__(self, limits: Limits) -> None:
        """The process starts with ``start`` or the first file."""
        self.limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._is_ready = self._is_reading = False

    @property
    def process_id(self) -> int | None:
        """Of the process, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process where it does not run; it makes itself ready while its caller does other work."""
        if self._process is not None:
            return
        own, other = socket.socketpair()
        own.settimeout(STALLED_SECONDS)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "reentry.land.reading_process", str(self.limits.memory_mb)],
            stdin=other.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",  # what lies in the working folder is none of its modules
        )
        other.close()
        self._channel, self._is_ready = Channel(own), False

    def close(self) -> None:
        """Ends the process."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None
        self._is_reading = False

    def prepare(self, file: BinaryIO, feed: Feed, *, folder: Path, how: Reading) -> Prepared:
        """As ``reentry.land.prepare.prepare``; also RefusedError B8 when memory is not enough, and ReadingError."""
        self._ask(
            {
                "do": "read",
                "feed": feed.id,
                "folder": str(folder.absolute()),
                "encoding": how.encoding,
                "exactly": how.exactly,
                "limits": asdict(self.limits),
            },
            file,
        )
        document = self._answer()
        self._is_reading = True
        return prepared_from(document, self._slices())

    def refusal_of(self, file: BinaryIO) -> RefusedError | None:
        """Why a file is no table at all (B9); None when it is one."""
        try:
            self._ask({"do": "look"}, file)
            self._answer()
        except RefusedError as refused:
            return refused if refused.rule == "B9" else None
        return None

    def _ask(self, document: dict[str, Any], file: BinaryIO) -> None:
        # its last caller may have gone away amid the slices, or somebody has ended it while it had nothing to do
        if self._is_reading or (self._process is not None and self._process.poll() is not None):
            self.close()
        self.start()
        if not self._is_ready:
            if self._talk("receive") is None:
                self.close()
                raise ReadingError("the process that reads files does not start")
            self._is_ready = True
        self._talk("send", document)
        self._talk("send_file", file.fileno())

    def _slices(self) -> Iterator[Slice]:
        self._talk("send_word", "more")
        while True:
            document = self._answer()
            if document["is"] != "slice":
                self._is_reading = False
                return
            piece = slice_from(document, self._talk("receive_file"))
            self._talk("send_word", "more")
            yield piece

    def _answer(self) -> dict[str, Any]:
        document: dict[str, Any] | None = self._talk("receive")
        if document is None:
            raise self._ended()
        match document["is"]:
            case "refused":
                self._is_reading = False
                if document.get("is_over"):
                    self.close()
                raise RefusedError.of(document["rule"], document["message"])
            case "other encoding":
                self._is_reading = False
                raise OtherEncodingError
            case "failed":
                self._is_reading = False
                raise ReadingError(document["trace"])
        return document

    def _talk(self, what: str, *values: Any) -> Any:
        """One step on the channel; the process being gone or stalled is a refusal of the file."""
        if self._channel is None:
            raise ReadingError("the process that reads files is gone")
        try:
            return getattr(self._channel, what)(*values)
        except TimeoutError as error:
            self.close()
            raise RefusedError("B1", _STALLED) from error
        except (OSError, EOFError) as error:
            raise self._ended() from error

    def _ended(self) -> RefusedError:
        """B8 or B1 for the file at which the process ended."""
        process = self._process
        status = process.wait(10) if process else 0
        self.close()
        return RefusedError("B8") if status in _OUT_OF_MEMORY else RefusedError("B1", _CRASHED)


_idle: list[Reader] = []
_lock = threading.Lock()


@contextmanager
def borrowed_reader(limits: Limits) -> Iterator[Reader]:
    """A reader for one run; its process stays warm for the next run of this process."""
    with _lock:
        usable = [reader for reader in _idle if reader.limits == limits]
        reader = usable[-1] if usable else Reader(limits)
        if usable:
            _idle.remove(reader)
    try:
        yield reader
    finally:
        with _lock:
            _idle.append(reader)
            surplus = _idle[:-1]
            del _idle[:-1]
        for other in surplus:
            other.close()


def idle_process() -> int | None:
    """The process that waits for the next run, if there is one."""
    with _lock:
        return _idle[-1].process_id if _idle else None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a process is talked to by the one that started it


@atexit.register
def _close_all() -> None:
    for reader in _idle:
        reader.close()
