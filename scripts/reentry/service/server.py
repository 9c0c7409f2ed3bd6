"""The service's process: it listens, and forks a child for each request.

All modules are imported once, in the parent; a child begins with them and ends with its answer. So no
request can hold another up, take its memory, or bring the service down; DuckDB's locks, which belong to a process,
hold; and the account of a request is that of a process of its own. The parent opens no database and starts no thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import os
import pwd
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from reentry import faults
from reentry.account import web_account
from reentry.errors import DamagedError, ReentryError, UsageError
from reentry.private import keep_private, tighten
from reentry.replies.decisions import deciding
from reentry.service import log, wire
from reentry.service.registry import Download, Place, Request, Upload, requests
from reentry.store import Home
from reentry.vault import Vault

READ_SECONDS = 15  # a request comes at once: the client is on this machine
REQUEST_BYTES = 1 << 20
MOST_REQUESTS = 32
MOST_HEAVY = 2
HEAVY_WAIT_SECONDS = 20
END_SECONDS = 10
LOCK_WAIT_SECONDS = 15
LONGEST_ACCOUNT = 128
SUPERSET_USER = "REENTRY_SUPERSET_USER"
PR_SET_PDEATHSIG = 1
# what requests import when they need it, half of their time; read once, in the first idle second
LAZY = (
    *("reentry.check.gx_duckdb", "reentry.check.cells", "pyarrow.compute"),
    *("reentry.land.batch", "reentry.land.prepare", "reentry.land.raw_rows", "reentry.land.text"),
    *("openpyxl", "docx", "docxtpl", "docx.opc.exceptions", "docx.shared"),
)
INTERNAL = "系统出错了（{kind}）：请稍后再试；仍然出错时请告诉管理员，原因在数据服务的日志里。"
ON_MACHINE = "系统的磁盘、权限或数据库出了问题，请告诉管理员：{said}"
BUSY = "同时处理的请求太多，请稍后再试。"
HEAVY_BUSY = "现在检查的文件较多，请过几分钟再试。"
TOO_LONG = "超过 {seconds} 秒没有完成，已经停止：请稍后再试。"


class Service:
    """The parent: one listening socket, a child for each request."""

    def __init__(self, home: Home, vault: Vault, users: frozenset[int]) -> None:
        """``users``: the system users who may ask."""
        self.home, self.vault, self.users = home, vault, users
        self.children: dict[int, float] = {}  # process → when it has to be done
        self.requests = requests()

    def run(self, listening: socket.socket) -> None:
        """Answers until SIGTERM or SIGINT; then ends the requests that are still running."""
        listening.settimeout(1)
        is_ready = False
        try:
            while True:
                try:
                    self._take(listening.accept()[0], listening)
                except TimeoutError:
                    if not is_ready:
                        is_ready = _import_all()
                self._reap()
                log.keep_small(self.home.path / "run" / log.FILE, sys.stderr.fileno())
        finally:
            self._end()

    def _take(self, connection: socket.socket, listening: socket.socket) -> None:
        with connection:
            if wire.peer_of(connection)[1] not in self.users:
                return
            if len(self.children) >= MOST_REQUESTS:
                _say(connection, {"status": 1, "sentence": BUSY}, {})
                return
            try:
                child = os.fork()
            except OSError:  # the machine has no process or memory to spare
                _say(connection, {"status": 1, "sentence": BUSY}, {})
                return
            if child == 0:
                listening.close()
                self._be_child(connection)
            self.children[child] = time.monotonic() + READ_SECONDS + _longest(self.requests)

    def _be_child(self, connection: socket.socket) -> None:
        """Answers one request and ends the process, whatever happens."""
        try:
            signal.signal(signal.SIGTERM, _leave)
            die_with_parent(signal.SIGTERM)
            self._answer(connection)
        except SystemExit:
            pass
        except BaseException as error:
            log.write(error)
        finally:
            os._exit(0)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(READ_SECONDS)
        try:
            asked, files = wire.receive(connection, REQUEST_BYTES)
        except wire.BrokenMessageError:
            return
        connection.settimeout(None)
        try:
            answer = self._done(asked, files)
            connection.settimeout(READ_SECONDS)
            _say(connection, *answer)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass  # whoever asked is gone; what was done is done
        finally:
            for descriptor in files:
                os.close(descriptor)

    def _done(self, asked: dict[str, Any], files: list[int]) -> tuple[dict[str, Any], dict[str, Download]]:
        """What is answered: the document, and the files that go with it."""
        seconds = 0
        try:
            wanted, account, values = self._understood(asked, files)
            seconds = wanted.seconds
            signal.signal(signal.SIGALRM, _too_late)
            with self._turn(wanted):
                signal.alarm(seconds)
                found = wanted.answer(Place(self.home, self.vault, web_account(account)), **values)
                signal.alarm(0)
        except _TooLateError:
            return {"status": 1, "sentence": TOO_LONG.format(seconds=seconds)}, {}
        except DamagedError as error:
            return {"status": error.exit_status, "sentence": ON_MACHINE.format(said=error)}, {}
        except ReentryError as error:
            return {"status": error.exit_status, "sentence": " ".join(str(error).split())}, {}
        except Exception as error:
            log.write(error)
            if (said := faults.explained(error, self.home.path)) is not None:
                return {"status": said.exit_status, "sentence": ON_MACHINE.format(said=said)}, {}
            return {"status": 1, "sentence": INTERNAL.format(kind=type(error).__name__)}, {}
        downloads = {k: v for k, v in found.items() if isinstance(v, Download)} if isinstance(found, dict) else {}
        plain = {k: v for k, v in found.items() if k not in downloads} if downloads else found
        return {"status": 0, "answer": plain}, downloads

    def _understood(self, asked: dict[str, Any], files: list[int]) -> tuple[Request, str, dict[str, Any]]:
        name, account, values = asked.get("request"), asked.get("account"), asked.get("values")
        named = asked.get("files", [])
        wanted = self.requests.get(name) if isinstance(name, str) else None
        if wanted is None:
            raise UsageError("数据服务没有这种请求：请确认看板与数据服务是同一版本。")
        if not isinstance(values, dict) or not isinstance(named, list) or len(named) != len(files):
            raise UsageError("请求的写法不对：请确认看板与数据服务是同一版本。")
        if not wanted.anonymous and not _is_account(account):
            raise UsageError("请求没有写明账号：请重新登录。")
        uploads = {str(key): Upload(_readable(descriptor)) for key, descriptor in zip(named, files, strict=True)}
        return wanted, account if isinstance(account, str) else "", wanted.values(values | uploads)

    @contextlib.contextmanager
    def _turn(self, wanted: Request) -> Iterator[None]:
        """Lets MOST_HEAVY heavy requests in at once; a turn ends with its process, however that ends."""
        if not wanted.heavy:
            yield
            return
        until = time.monotonic() + HEAVY_WAIT_SECONDS
        with contextlib.ExitStack() as stack:
            turns = [
                stack.enter_context(_run_folder(self.home).joinpath(f"turn.{n}").open("w")) for n in range(MOST_HEAVY)
            ]
            while not any(_locks(turn) for turn in turns):
                if time.monotonic() > until:
                    raise ReentryError(HEAVY_BUSY)
                time.sleep(0.1)
            os.nice(5)
            yield

    def _reap(self) -> None:
        while self.children:
            child, _ = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                break
            self.children.pop(child, None)
        for child, until in self.children.items():
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)

    def _end(self) -> None:
        """Lets running requests finish, for a while; then ends them, then kills them."""
        for number in (0, signal.SIGTERM):
            for child in self.children:
                os.kill(child, number)
            until = time.monotonic() + END_SECONDS / 2
            while self.children and time.monotonic() < until:
                self._reap()
                time.sleep(0.05)
        for child in self.children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _import_all() -> bool:
    for name in LAZY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # children share what is there
    return True


class _TooLateError(BaseException):
    """The time of a request is over; no handler of exceptions may keep it."""


@contextlib.contextmanager
def listening(home: Home, superset_user: pwd.struct_passwd | None) -> Iterator[socket.socket]:
    """The service's socket, while no other service of this home runs; what a killed one left is swept.

    Its folder is closed to others (0750), the socket open to the group (0660): Superset's, where it has a user.
    """
    folder = _run_folder(home)
    group = superset_user.pw_gid if superset_user else -1
    with (folder / "service.lock").open("a") as lock, contextlib.ExitStack() as stack:
        _lock_when_free(lock, home)
        there = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, there)
        path = wire.socket_path(home.path)
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            before = os.umask(0o117)
            try:
                server.bind(wire.address_of(path, there))
            finally:
                os.umask(before)
            if group >= 0:
                os.chown(folder, -1, group)
                os.chown(path, -1, group)
            server.listen(128)
            try:
                yield server
            finally:
                path.unlink(missing_ok=True)


def serve(home: Home, vault: Vault) -> None:
    """Runs the service until it is stopped. UsageError when another one runs on this home."""
    named = os.environ.get(SUPERSET_USER)
    user = user_of(named) if named else None
    users = {os.geteuid(), *([user.pw_uid] if user else [])}
    keep_private()
    tighten(home.path)
    signal.signal(signal.SIGTERM, _leave)
    _finish_what_was_killed(home, vault)
    with listening(home, user) as server:
        Service(home, vault, frozenset(users)).run(server)


def _finish_what_was_killed(home: Home, vault: Vault) -> None:
    """Finishes a decision that was killed; a log that is damaged is said, and no more."""
    try:
        with deciding(home, vault):
            pass
    except (ReentryError, OSError) as error:
        print(f"reentry: {error}", file=sys.stderr, flush=True)


def user_of(name: str) -> pwd.struct_passwd:
    """A system user by name; UsageError when there is none."""
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise UsageError(f"There is no system user {name}: correct {SUPERSET_USER}, or add the user.") from error


def die_with_parent(number: int) -> None:
    """Asks the kernel to send this process a signal when its parent is gone; ends it when that is so already."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _run_folder(home: Home) -> Path:
    folder = home.path / "run"
    if not folder.is_dir():
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        folder.chmod(0o750)
    return folder


def _lock_when_free(lock: IO[str], home: Home) -> None:
    """One service a home; one that is just ending is waited for."""
    until = time.monotonic() + LOCK_WAIT_SECONDS
    while not _locks(lock):
        if time.monotonic() > until:
            raise UsageError(f"A service runs on {home.path} already: stop it first.")
        time.sleep(0.1)


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _longest(known: dict[str, Request]) -> int:
    return max(r.seconds for r in known.values()) + HEAVY_WAIT_SECONDS + END_SECONDS


def _is_account(account: Any) -> bool:
    return isinstance(account, str) and 0 < len(account) <= LONGEST_ACCOUNT and account.isprintable()


def _readable(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UsageError("随请求送来的不是文件。")
    return descriptor


def _say(connection: socket.socket, document: dict[str, Any], downloads: dict[str, Download]) -> None:
    """Sends an answer; the files go as descriptors that are open for reading."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_opened(one)) for one in downloads.values()]
        wire.send(connection, document | {"files": list(downloads)}, [file.fileno() for file in files])


def _opened(download: Download) -> IO[bytes]:
    if isinstance(download.content, Path):
        return download.content.open("rb")
    file = os.fdopen(os.memfd_create("answer", os.MFD_CLOEXEC), "w+b")  # in memory: nothing is left on a disk
    file.write(download.content)
    file.flush()
    file.seek(0)
    return file


def _leave(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def _too_late(number: int, frame: object) -> None:
    del number, frame
    raise _TooLateError
