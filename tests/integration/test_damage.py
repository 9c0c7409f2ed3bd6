"""What damages a home from outside: bytes, keys, disks, rights, the clock. One sentence each that says what heals."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeHome
from long import sample
from reentry import cli
from reentry.demo import LETTER_DAY
from reentry.errors import UsageError
from reentry.figures.published import FIGURES_FILE
from reentry.store import Home
from reentry.vault import open_vault

PROGRAM = Path(sys.executable).with_name("reentry")
WINDOW = ("--from", "2025-01-01", "--to", "2025-06-19")
SECONDS = 5
NOBODY = 65534
CHUNK = 64 << 10
Damage = Callable[[Path], object]


class Said:
    """How a command ended, and its one sentence."""

    def __init__(self, status: int, out: str, err: str) -> None:
        """What a process left."""
        self.status, self.out, self.err = status, out, err

    @property
    def sentence(self) -> str:
        """The only line on standard error."""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("reentry: "), self.err
        assert "Internal error" not in self.err
        return self.err


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program in this process."""

    def one(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["reentry", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return one


@pytest.fixture
def home(made_home: MakeHome, tmp_path: Path) -> Home:
    """A home of its own that is up to date; its inbox has nothing new."""
    place = tmp_path / "home"
    shutil.copytree(made_home(1).home.path, place, symlinks=True)
    return Home(place)


@pytest.fixture
def inbox(made_home: MakeHome) -> Path:
    """The inbox that the home was refreshed from."""
    return made_home(1).inbox


def refreshed(run: Run, home: Home, inbox: Path, *more: str) -> Said:
    """A refresh of the letter's day."""
    return run("refresh", inbox, "--home", home.path, "--today", LETTER_DAY, *more)


def figures(run: Run, home: Home) -> list[dict[str, Any]] | None:
    """The published figures; None when they cannot be read, and then it is said which command heals."""
    said = run("figures", *WINDOW, "--home", home.path, "--json")
    if said.status == 0:
        found: list[dict[str, Any]] = json.loads(said.out)["figures"]
        return found
    assert said.status == 2
    assert "`reentry refresh`" in said.sentence
    assert "published version" in said.sentence
    return None


def flipped(at: float, length: int = CHUNK) -> Damage:
    """Other bytes at a share of the file's length, or, from 1 on, at that byte."""

    def damage(path: Path) -> None:
        start = int(at if at >= 1 else at * path.stat().st_size)
        with path.open("r+b") as file:
            file.seek(start)
            bytes_there = file.read(length)
            file.seek(start)
            file.write(bytes(b ^ 0xA5 for b in bytes_there))

    return damage


def cut(share: float) -> Damage:
    """The first part of the file only."""
    return lambda path: os.truncate(path, int(share * path.stat().st_size))


def other_text(path: Path) -> None:
    """Another file under the name."""
    path.write_text("no database\n" * 1000, encoding="ascii")


def folder(path: Path) -> None:
    """A folder under the name."""
    path.unlink()
    path.mkdir()


EVERYWHERE: dict[str, Damage] = {  # what every reader of a database meets at once
    "database headers": flipped(4200, 8000),
    "cut": cut(0.4),
    "emptied": cut(0),
    "first bytes": flipped(0, 64),
    "main header": flipped(20, 64),
    "other text": other_text,
    "folder": folder,
}


@pytest.mark.parametrize("kind", [*EVERYWHERE][: sample(3, len(EVERYWHERE))])
def test_a_damaged_warehouse(run: Run, home: Home, inbox: Path, kind: str) -> None:
    """Said within five seconds with the backup to put back; readers go on; the backup heals."""
    backup = home.path.with_name("backup")
    shutil.copy(home.warehouse, backup)
    EVERYWHERE[kind](home.warehouse)
    began = time.monotonic()
    for said in (refreshed(run, home, inbox), run("quarantined", "--home", home.path)):
        assert said.status == 2
        assert "damaged" in said.sentence
        assert "backup of warehouse.duckdb" in said.sentence
        assert "another key" not in said.sentence
    assert time.monotonic() - began < 2 * SECONDS
    assert figures(run, home)
    shutil.rmtree(home.warehouse) if home.warehouse.is_dir() else home.warehouse.unlink()
    backup.rename(home.warehouse)
    assert refreshed(run, home, inbox).status == 0


def test_a_damaged_block_of_the_warehouse(run: Run, home: Home) -> None:
    """A reader that meets it says that the warehouse is damaged; one that does not has its rows."""
    whole = home.warehouse.read_bytes()
    found = set()
    places = sample(5, 48)
    for place in range(places):
        home.warehouse.write_bytes(whole)
        flipped((place + 0.5) / places)(home.warehouse)
        said = run("quarantined", "--home", home.path, "--json")
        found.add(said.status)
        assert said.status == 0 or "backup of warehouse.duckdb" in said.sentence
    assert found == {0, 2}


def test_damaged_versions_are_built_anew(run: Run, home: Home, inbox: Path) -> None:
    """Wherever a published file is damaged, the next refresh makes it anew, and with it the same figures."""
    wanted = figures(run, home)
    damages: list[tuple[str, Damage]] = [(FIGURES_FILE, flipped(4200, 8000)), ("dashboards.duckdb", flipped(0.5))]
    if sample(0, 1):
        damages += [(FIGURES_FILE, flipped((n + 0.5) / 24)) for n in range(24)]
        damages += [(FIGURES_FILE, damage) for damage in EVERYWHERE.values()]
        damages += [(FIGURES_FILE, Path.unlink), ("persons.duckdb", flipped(0.5)), ("files.json", cut(0.5))]
    for name, damage in damages:
        version = home.current.resolve()
        damage(version / name)
        assert figures(run, home) in (None, wanted)
        said = refreshed(run, home, inbox)
        assert said.status == 0, said.err
        assert home.current.resolve() != version
        assert figures(run, home) == wanted
    if sample(0, 1):
        home.current.unlink()
        home.current.symlink_to("nothing")
        assert refreshed(run, home, inbox).status == 0
        assert figures(run, home) == wanted


def test_an_older_day_asks_first(run: Run, home: Home, inbox: Path) -> None:
    """A clock that has gone back publishes nothing, unless it is said that it is meant."""
    version = home.current.resolve()
    earlier = str(LETTER_DAY - timedelta(days=1))
    said = run("refresh", inbox, "--home", home.path, "--today", earlier)
    assert said.status == 2
    assert "--allow-older" in said.sentence
    assert earlier in said.sentence
    assert run("build", "--home", home.path, "--today", earlier).status == 0
    assert "--allow-older" in run("publish", "--home", home.path).sentence
    assert home.current.resolve() == version
    assert run("publish", "--home", home.path, "--allow-older").status == 0
    assert home.current.resolve() != version


KEYS: dict[str, tuple[Damage, str]] = {
    "missing": (Path.unlink, "put it back from its safe copy"),
    "empty": (lambda path: path.write_bytes(b"\n"), "is empty"),
    "folder": (folder, "is a folder"),
    "another": (lambda path: path.write_text("0" * 64), "another key"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_the_key(run: Run, home: Home, inbox: Path, kind: str) -> None:
    """Never a new key beside an old warehouse; the old one heals."""
    key = home.path / "secret.key"
    kept = key.read_bytes()
    KEYS[kind][0](key)
    for said in (refreshed(run, home, inbox), run("quarantined", "--home", home.path)):
        assert said.status == 2
        assert KEYS[kind][1] in said.sentence
    assert not key.is_file() or key.read_bytes() != kept
    shutil.rmtree(key) if key.is_dir() else key.unlink(missing_ok=True)
    key.write_bytes(kept)
    assert refreshed(run, home, inbox).status == 0


def test_an_unreadable_key() -> None:
    """One sentence that says which file and what to give."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        key = Path(name) / "secret.key"
        key.write_text("0" * 64, encoding="ascii")
        key.chmod(0)
        key.parent.chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            with pytest.raises(UsageError, match=r"secret\.key may not be read"):
                open_vault(key.parent)
        finally:
            if is_root:
                os.seteuid(0)


def test_what_killed_processes_left_is_swept(run: Run, home: Home, inbox: Path) -> None:
    """Drafts, scratch and spill folders go with the next refresh; those of living processes stay."""
    child = subprocess.Popen(["true"])
    child.wait()
    left = [f"audit/.head.{child.pid}", f".secret.key.{child.pid}", "published/.20250101T000000Z-0000/figures.duckdb"]
    left += [f"replies/L/.P.state.json.{child.pid}", f"spill/{child.pid}-0/1/x.tmp", "building/spill/x.tmp"]
    left += ["refused/x.tmp"]
    stays = [f"audit/.head.{os.getpid()}"]
    for name in left + stays:
        (home.path / name).parent.mkdir(parents=True, exist_ok=True)
        (home.path / name).write_bytes(b"x")
    assert refreshed(run, home, inbox).status == 0
    assert [name for name in left if (home.path / name).exists()] == []
    assert all((home.path / name).exists() for name in stays)


def test_a_long_name(run: Run, home: Home, tmp_path: Path) -> None:
    """A file name of 300 characters is told so, in Chinese, and so is one with a line feed."""
    file = tmp_path / "a.csv"
    file.write_text("x\n", encoding="ascii")
    for name, said in (("长" * 300, "文件名太长"), ("a" * 300, "文件名太长"), ("走访\n记录", "不能使用的字符")):
        for command in ("precheck", "hand-in"):
            found = run(command, file, "--as", f"司法局/{name}.csv", "--home", home.path)
            assert found.status == 2
            assert said in found.sentence


def test_a_home_is_private_whatever_the_umask(home: Home, inbox: Path) -> None:
    """An old home that all could read, and all that a refresh, a reply and an audit entry add to it."""
    for path in home.path.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o777)
    day = str(LETTER_DAY + timedelta(days=1))
    for command in (
        ["refresh", str(inbox), "--today", day],
        ["slips", "--out", str(home.path / "slips")],
        ["reply", "2025-18070184"],
        ["figures", *WINDOW],
    ):
        line = shlex.join([str(PROGRAM), *command, "--home", str(home.path)])
        subprocess.run(["sh", "-c", f"umask 000; exec {line}"], capture_output=True, check=True)
    seen = 0
    for path in [home.path, *home.path.rglob("*")]:
        if path.is_symlink():
            continue
        seen += 1
        most = 0o750 if path.is_dir() else 0o640
        if path.name == "secret.key":
            most = 0o600
        mode = path.stat().st_mode & 0o777
        assert mode & ~most == 0, f"{path} {mode:o}"
    assert seen > 50


# a file system of its own: root makes one, others in a user namespace


def on_own_disk(home: Home, disk: Path, script: str) -> list[str]:
    """Runs a script where ``disk`` is a small file system with a copy of the home; what it printed, line by line.

    ``reentry`` is the program; ``room`` gives the disk 100 MB more than the home takes, ``full`` one.
    """
    size = sum(f.stat().st_size for f in home.path.rglob("*") if f.is_file()) >> 20
    mount = f"mount -o remount,size={{}}m {shlex.quote(str(disk))}"
    lines = [
        "set -e",
        f"mount -t tmpfs -o size={size + 100}m tmpfs {shlex.quote(str(disk))}",
        f"cp -a {shlex.quote(str(home.path))} {shlex.quote(str(disk / 'home'))}",
        f'reentry() {{ {shlex.quote(str(PROGRAM))} "$@"; }}',
        f"room() {{ {mount.format(size + 100)}; }}",
        f"full() {{ {mount.format(size + 3)}; }}",
        "set +e",
        script,
    ]
    disk.mkdir()
    ways = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    done = subprocess.run([*ways, "sh", "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_full_disk(home: Home, inbox: Path, tmp_path: Path) -> None:
    """A refresh of the next day on a full disk says so; with room it does what one with room from the start does."""
    day = LETTER_DAY + timedelta(days=1)
    disk = tmp_path / "disk"
    place = shlex.quote(str(disk / "home"))
    refresh = f"reentry refresh {shlex.quote(str(inbox))} --home {place} --today {day} 2>&1 >/dev/null; echo $?"
    values = 'sed -E \'s/"(id|published_at)": "[^"]*"//g\' | sha256sum'
    shown = f"reentry figures {' '.join(WINDOW)} --home {place} --json | {values}"
    anew = f"rm -rf {place}; cp -a {shlex.quote(str(home.path))} {place}"
    lines = ["full", refresh, "room", refresh, shown]
    if sample(0, 1):
        lines += [anew, refresh, shown]
    said = on_own_disk(home, disk, "\n".join(lines))
    assert "is full: make room, then run `reentry refresh` again" in said[0]
    assert said[1:3] == ["2", "0"]
    assert said[3:4] == said[5:6] or not said[5:], "the figures are not those of a refresh that had room"


def test_a_read_only_home(home: Home, inbox: Path, tmp_path: Path) -> None:
    """Whoever has to write says so, and what to make writable; then it works."""
    disk = tmp_path / "disk"
    place = shlex.quote(str(disk / "home"))
    commands = [
        f"reentry refresh {shlex.quote(str(inbox))} --home {place} --today {LETTER_DAY} 2>&1 >/dev/null; echo $?",
        f"reentry figures {' '.join(WINDOW)} --home {place} 2>&1 >/dev/null; echo $?",
    ]
    said = on_own_disk(
        home,
        disk,
        f"mount -o remount,ro {shlex.quote(str(disk))}\n" + "\n".join(commands)
        + f"\nmount -o remount,rw {shlex.quote(str(disk))}\n" + "\n".join(commands),
    )  # fmt: skip
    assert "read-only file system: make" in said[0]
    assert "不能写入" in said[2] and "请检查目录权限" in said[2]  # who looks is noted, so nobody looks unnoted
    assert [said[1], said[3]] == ["2", "2"]
    assert said[4:] == ["0", "0"]
