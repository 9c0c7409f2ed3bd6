"""What Superset's processes may reach, and how that is held: another system user, the kernel's Landlock, or both.

An allow-list: to read, what is published, the program, its environment, system libraries, fonts; to write,
``superset/``; to bind, its port. Neither the key nor the warehouse, the inbox, the basis, the replies, the log.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reentry import confine
from reentry.errors import UsageError
from reentry.hand_in import inbox_of
from reentry.project import DASHBOARDS, MODELS, SEEDS, SUPERSET_PYTHON
from reentry.store import Home

USER, DEFAULT_USER, ANY_USER = "REENTRY_SUPERSET_USER", "reentry-superset", "nobody"
DATABASE = "SUPERSET_DATABASE_URI"
DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306}
KEPT_FROM = "REENTRY_KEPT_FROM"  # told to Superset, which tries them at its start: server.confined
ENVIRONMENT = SUPERSET_PYTHON.parents[1]
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share")
ETC = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "passwd", "group", "nsswitch.conf"),
    *("hosts", "host.conf", "resolv.conf", "gai.conf", "services", "protocols", "mime.types", "fonts", "ssl"),
    *("os-release", "debian_version", "locale.alias", "locale.conf", "python3", "python3.11"),
)
# of other processes /proc shows names and command lines alone: Landlock forbids to trace them
SYSTEM = ("/proc", "/sys/devices/system", "/sys/fs/cgroup")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
TRIAL = "import waitress, os, sys; [os.scandir(folder) for folder in sys.argv[1:]]"
TEMPORARY = "tmp"


@dataclass(frozen=True)
class ShutIn:
    """How Superset is shut in: the system user that it runs as (None: ours), and the ABI of Landlock (0: none)."""

    user: str | None
    landlock: int

    @property
    def holds(self) -> bool:
        """Whether anything keeps Superset from the key."""
        return self.user is not None or self.landlock > 0

    @property
    def sentence(self) -> str:
        """For whoever starts it."""
        ways = [f"系统用户 {self.user}"] if self.user else []
        ways += [f"内核 Landlock（第 {self.landlock} 版）"] if self.landlock else []
        if not ways:
            return (
                "注意：看板进程没有隔离，能读到密钥：本机内核没有 Landlock，也没有可用的另一系统用户"
                "（以 root 启动并建立 reentry-superset 用户，或换用 5.13 以上的内核）。"
            )
        return f"看板进程已隔离（{'、'.join(ways)}）：读不到密钥、数据仓库和收件目录。"

    def command(self, home: Home, program: list[str], *, port: int | None = None) -> list[str]:
        """The command that runs ``program`` (Superset's interpreter and its arguments) shut in.

        With a ``port`` it is a server, and ends when we do.
        """
        options = [f"--{name}={value}" for name, value in self._options(home, port)]
        options += [] if self.landlock else ["--without-landlock"]
        options += ["--at-parents-end=TERM"] if port is not None else []
        # our own interpreter starts it: nothing of Superset's environment runs before it is shut in
        return [sys.executable, "-I", "-S", confine.__file__, *options, "--", *program]

    def _options(self, home: Home, port: int | None) -> Iterator[tuple[str, str]]:
        if self.user:
            yield "user", self.user
        base = _base()
        yield from (("run", path) for path in (str(SUPERSET_PYTHON.resolve()), *LOADERS))
        program = [base, ENVIRONMENT, DASHBOARDS, MODELS, SEEDS]
        readable = [*program, home.published.resolve(), *map(Path, LIBRARIES + SYSTEM)]
        yield from (("read", str(path)) for path in readable)
        yield from (("read", f"/etc/{name}") for name in ETC)
        yield from (("use", device) for device in DEVICES)
        yield "write", str(home.superset.resolve())
        if port is not None:
            yield "bind", str(port)
        if (database := database_port()) is not None:
            yield "connect", str(database)


def shut_in(home: Home) -> ShutIn:
    """The best that this machine offers; from root, hands ``superset/`` and ``published/`` to Superset's user.

    UsageError when one of the folders is a link: Superset writes there, and we follow nothing of its making.
    """
    for folder in (home.superset, home.superset / TEMPORARY):
        if not folder.is_symlink():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened_folder(folder) as descriptor:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o700:
                os.fchmod(descriptor, 0o700)
    landlock = confine.landlock_abi()
    return ShutIn(_user(home, landlock), landlock)


@contextlib.contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """A folder's descriptor; UsageError where it is none, or a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError as error:  # of a link, too
        raise UsageError(f"{path} is no folder: remove it, then run the command again.") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def kept_from(home: Home) -> list[Path]:
    """What Superset must not be able to open: files and folders that are there, with a file of each."""
    key = Path(os.environ.get("REENTRY_KEY_FILE") or home.path / "secret.key")
    log = home.path / "audit"
    places = [key, home.warehouse, log / "log.jsonl", log, home.path / "basis", home.replies, inbox_of(home)]
    files = [_a_file(place) for place in places if _is_there(place, stat.S_ISDIR)]
    return [path.resolve() for path in (*places, *files) if path is not None and _is_there(path)]


def _is_there(path: Path, wanted: Callable[[int], bool] = bool) -> bool:
    """Whether we see a path of that kind; what we cannot reach ourselves we do not see."""
    try:
        return wanted(path.stat().st_mode)
    except OSError:
        return False


def _a_file(folder: Path) -> Path | None:
    return next((Path(place, name) for place, _, names in os.walk(folder) for name in names if ":" not in name), None)


def database_port() -> int | None:
    """The port of Superset's own database, where that is another server; None for SQLite in the home."""
    address = urllib.parse.urlsplit(os.environ.get(DATABASE, ""))
    kind = address.scheme.partition("+")[0]
    return (address.port or DATABASE_PORTS.get(kind)) if address.hostname else None


@cache
def _base() -> Path:
    """Where the interpreter of Superset's environment was installed, with its library."""
    return SUPERSET_PYTHON.resolve().parents[1]


def _user(home: Home, landlock: int) -> str | None:
    """From root: Superset's user, if it can run Superset's interpreter and read what is published."""
    if os.geteuid() != 0:
        return None
    wanted = os.environ.get(USER) or (DEFAULT_USER if landlock or _is_user(DEFAULT_USER) else ANY_USER)
    if not _is_user(wanted) or not _can_run(wanted):
        return None
    _hand_over(home, pwd.getpwnam(wanted))
    return wanted if _can_run(wanted, home) else None


def _is_user(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False


def _can_run(user: str, home: Home | None = None) -> bool:
    folders = [DASHBOARDS, ENVIRONMENT] if home is None else [home.superset, *home.published.glob("current")]
    trial = [str(SUPERSET_PYTHON), "-c", TRIAL, *map(str, folders)]
    command = [sys.executable, "-I", "-S", confine.__file__, "--without-landlock", f"--user={user}", "--", *trial]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 (our own program)


def _hand_over(home: Home, user: pwd.struct_passwd) -> None:
    """``superset/`` belongs to the user; its group reads ``published/``, new versions too, and passes the home."""
    # by descriptors: whoever is that user may put a link in the place of a folder meanwhile
    for _, folders, files, descriptor in os.fwalk(home.superset, follow_symlinks=False):
        os.fchown(descriptor, user.pw_uid, user.pw_gid)
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):  # a temporary file, meanwhile gone
                os.chown(name, user.pw_uid, user.pw_gid, dir_fd=descriptor, follow_symlinks=False)
    for path in (home.published, *home.published.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if not path.is_symlink():
                os.chown(path, -1, user.pw_gid)
                path.chmod(0o2750 if path.is_dir() else 0o640)
    os.chown(home.path, -1, user.pw_gid)
    home.path.chmod((home.path.stat().st_mode & 0o700) | 0o010)
