"""The audit log: a thousand entries, and every way to falsify them is found."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reentry.account import ACCOUNT, web_account
from reentry.audit import entries, record
from reentry.audit_head import Head
from reentry.audit_verify import Flaw, verify
from reentry.store import Home
from reentry.vault import Vault

VAULT = Vault(b"a secret")
WHO = web_account("dafu")
ENTRIES = 1000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a thousand entries."""
    home = Home(tmp_path_factory.mktemp("audited"))
    for i in range(ENTRIES):
        record(home, VAULT, WHO, "pull", letter="2025-1", row=i)
    return home


@pytest.fixture
def lines(written: Home) -> list[str]:
    """Its lines, as they were written."""
    return (written.path / "audit" / "log.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)


def falsified(written: Home, folder: Path, text: str, *, head: str | None = None) -> list[Flaw]:
    """What is found when the log says something else."""
    (folder / "audit").mkdir()
    (folder / "audit" / "log.jsonl").write_text(text, encoding="utf-8")
    whole = (written.path / "audit" / "head.json").read_text(encoding="ascii")
    (folder / "audit" / "head.json").write_text(whole if head is None else head, encoding="ascii")
    return verify(Home(folder), VAULT)


def test_a_whole_log_has_no_flaw(written: Home) -> None:
    """All entries are there, in order."""
    assert verify(written, VAULT) == []
    assert [e["n"] for e in entries(written)] == list(range(1, ENTRIES + 1))


def _changed(lines: list[str]) -> list[str]:
    return [*lines[:499], lines[499].replace('"row":499', '"row":498'), *lines[500:]]


def _removed(lines: list[str]) -> list[str]:
    return [*lines[:499], *lines[500:]]


def _reordered(lines: list[str]) -> list[str]:
    return [*lines[:499], lines[500], lines[499], *lines[501:]]


def _cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def _repeated(lines: list[str]) -> list[str]:
    return [*lines[:500], lines[499], *lines[500:]]


def _overwritten(lines: list[str]) -> list[str]:
    return [*lines[:499], "nothing\n", *lines[500:]]


@pytest.mark.parametrize(
    ("falsify", "number", "kind"),
    [
        (_changed, 500, "changed"),
        (_removed, 500, "removed"),
        (_reordered, 500, "moved"),
        (_cut, 1000, "cut"),
        (_repeated, 500, "moved"),
        (_overwritten, 500, "changed"),
    ],
)
def test_each_falsification_is_found(
    written: Home, lines: list[str], tmp_path: Path, falsify: Callable[[list[str]], list[str]], number: int, kind: str
) -> None:
    """Which entry, and what was done to it; nothing else is said."""
    found = falsified(written, tmp_path, "".join(falsify(lines)))
    assert [(f.number, f.kind) for f in found] == [(number, kind)]


def test_everything_deleted_is_found(written: Home, tmp_path: Path) -> None:
    """An empty log does not agree with its head."""
    assert [f.kind for f in falsified(written, tmp_path, "")] == ["cut"]


def test_a_forged_chain_needs_the_key(written: Home, tmp_path: Path) -> None:
    """Seals made with another key are all found, and so is a head."""
    other = Home(tmp_path / "other")
    for i in range(3):
        record(other, Vault(b"another secret"), WHO, "pull", row=i)
    forged = (other.path / "audit" / "log.jsonl").read_text(encoding="utf-8")
    head = (other.path / "audit" / "head.json").read_text(encoding="ascii")
    (tmp_path / "home").mkdir()
    kinds = {(f.number, f.kind) for f in falsified(written, tmp_path / "home", forged, head=head)}
    assert {(0, "head"), (1, "changed"), (2, "changed"), (3, "changed")} <= kinds


def test_an_old_copy_of_log_and_head_is_found_by_what_was_kept_elsewhere(tmp_path: Path) -> None:
    """The head kept with a released pack does not agree with a log and head from before it."""
    home = Home(tmp_path)
    record(home, VAULT, WHO, "pull")
    before = {name: (tmp_path / "audit" / name).read_bytes() for name in ("log.jsonl", "head.json")}
    kept = record(home, VAULT, WHO, "release")
    for name, content in before.items():
        (tmp_path / "audit" / name).write_bytes(content)
    assert verify(home, VAULT) == []
    assert [(f.number, f.kind) for f in verify(home, VAULT, [("审签单", kept)])] == [(2, "cut")]
    record(home, VAULT, WHO, "pull")
    assert [(f.number, f.kind) for f in verify(home, VAULT, [("审签单", kept)])] == [(2, "changed")]


def test_a_crash_before_the_head_was_written_is_mended(tmp_path: Path) -> None:
    """A whole entry that the head does not know counts; half an entry is dropped by the next."""
    home = Home(tmp_path)
    record(home, VAULT, WHO, "pull")
    head = (tmp_path / "audit" / "head.json").read_bytes()
    record(home, VAULT, WHO, "view")
    (tmp_path / "audit" / "head.json").write_bytes(head)
    assert verify(home, VAULT) == []
    with (tmp_path / "audit" / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"n":3,"at":"20')
    record(home, VAULT, WHO, "export")
    assert verify(home, VAULT) == []
    assert [(e["n"], e["action"]) for e in entries(home)] == [(1, "pull"), (2, "view"), (3, "export")]


def _write(folder: Path, times: int) -> None:
    for _ in range(times):
        record(Home(folder), VAULT, WHO, "pull")


def test_many_writers_make_one_chain(tmp_path: Path) -> None:
    """Four processes at once: nothing lost, nothing twice."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, 10)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify(Home(tmp_path), VAULT) == []
    assert len(entries(Home(tmp_path))) == 40


def test_an_entry_says_who_and_what_and_costs_little(written: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's account is named beside the system's user; the cost does not grow with the log."""
    monkeypatch.setenv(ACCOUNT, "somebody")  # not heeded: the account is a parameter
    started = time.perf_counter()
    record(written, VAULT, WHO, "trace", figure="relief.grants", township=None)
    assert time.perf_counter() - started < 0.5
    last = entries(written)[-1]
    assert (last["who"], last["action"], last["about"]) == ("dafu", "trace", {"figure": "relief.grants"})
    assert last["system_user"]
    assert json.dumps(last)


def test_heads_compare_by_value() -> None:
    """A head read back is the head that was kept."""
    assert Head(1, 2, "a") == Head(1, 2, "a")
