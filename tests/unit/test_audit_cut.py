"""The audit log cut, edited or put back, with and without the states of replies: found by verify, or refused."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from decided import CLERK, LETTER, RELEASER, VAULT, new_pull
from reentry.audit import current_head, entries, record
from reentry.audit_head import RETRY_SECONDS, Head, head_text, is_waiting, keep_head, parse_head
from reentry.audit_verify import verify
from reentry.errors import ReentryError, UsageError
from reentry.replies.recovery import all_flaws, recover
from reentry.replies.states import list_states, release, state_of, submit
from reentry.store import Home
from reentry.vault import Vault

OLD = 6  # entries of the copy that is put back; more follow


@dataclass(frozen=True)
class Kept:
    """A home with a released pull and a second file of heads; ``old`` is a copy of it from before the release."""

    home: Home
    old: Path
    pull: str

    @property
    def log(self) -> Path:
        return self.home.path / "audit" / "log.jsonl"

    @property
    def head(self) -> Path:
        return self.home.path / "audit" / "head.json"

    def lines(self) -> list[bytes]:
        return self.log.read_bytes().splitlines(keepends=True)

    def write(self, lines: list[bytes]) -> None:
        self.log.write_bytes(b"".join(lines))

    def put_back(self, *names: str) -> None:
        """Puts files of the audit folder back as they were."""
        for name in names:
            shutil.copy(self.old / "audit" / name, self.home.path / "audit" / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("cut")
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "reentry.toml").write_text('audit_head_copy = "../heads.jsonl"\n', encoding="utf-8")
    first = new_pull(home)
    submit(home, VAULT, LETTER, first, account=CLERK)
    for _ in range(OLD - 2):
        record(home, VAULT, CLERK, "view", letter=LETTER, pull=first)
    shutil.copytree(home.path, folder / "old")
    release(home, VAULT, LETTER, first, account=RELEASER)
    for _ in range(4):
        record(home, VAULT, RELEASER, "export", letter=LETTER, pull=first, file="reply.docx")
    return Kept(home, folder / "old", first)


@pytest.fixture
def kept(made: Kept, tmp_path: Path) -> Kept:
    """A copy to do harm to."""
    shutil.copytree(made.home.path.parent, tmp_path / "all")
    return Kept(Home(tmp_path / "all" / "home"), tmp_path / "all" / "old", made.pull)


def edit(k: Kept) -> None:
    k.write([line.replace(b'"who":"shenqian"', b'"who":"dafu"') for line in k.lines()])


def edit_view(k: Kept) -> None:
    k.write([*k.lines()[:3], k.lines()[3].replace(b"view", b"pull"), *k.lines()[4:]])


def renumber(k: Kept) -> None:
    k.write([*k.lines()[:-1], k.lines()[-1].replace(b'{"n":11', b'{"n":12')])


def forge(k: Kept) -> None:
    other = Home(k.home.path.parent / "other")
    record(other, Vault(b"another key"), CLERK, "view")
    k.write([*k.lines()[:-1], (other.path / "audit" / "log.jsonl").read_bytes()])


def remove_first(k: Kept) -> None:
    k.write(k.lines()[1:])


def remove_middle(k: Kept) -> None:
    k.write(k.lines()[:4] + k.lines()[5:])


def remove_release(k: Kept) -> None:
    k.write([line for line in k.lines() if b'"release"' not in line])


def cut_last(k: Kept) -> None:
    k.write(k.lines()[:-1])


def cut_ten(k: Kept) -> None:
    k.write(k.lines()[:-10])


def cut_half_a_line(k: Kept) -> None:
    k.log.write_bytes(k.log.read_bytes()[:-20])


def swap(k: Kept) -> None:
    lines = k.lines()
    k.write([*lines[:4], lines[5], lines[4], *lines[6:]])


def repeat(k: Kept) -> None:
    k.write([*k.lines(), k.lines()[-1]])


def empty(k: Kept) -> None:
    k.write([])


def delete_log(k: Kept) -> None:
    k.log.unlink()


def delete_head(k: Kept) -> None:
    k.head.unlink()


def delete_both(k: Kept) -> None:
    k.log.unlink()
    k.head.unlink()


def delete_folder(k: Kept) -> None:
    shutil.rmtree(k.log.parent)


def delete_head_and_cut(k: Kept) -> None:
    k.head.unlink()
    k.write(k.lines()[:-3])


def delete_head_and_cut_release(k: Kept) -> None:
    k.head.unlink()
    k.write(k.lines()[:OLD])


def empty_head(k: Kept) -> None:
    k.head.write_bytes(b"")


def garbage_head(k: Kept) -> None:
    k.head.write_text('{"entries": 3, "size": 1, "seal": "x", "sealed": "y"}', encoding="ascii")


def edit_head(k: Kept) -> None:
    k.head.write_text(k.head.read_text(encoding="ascii").replace('"entries": 11', '"entries": 10'), encoding="ascii")


def old_head(k: Kept) -> None:
    k.put_back("head.json")


def old_head_and_cut(k: Kept) -> None:
    """The log cut behind what the old head knows: not what one crash leaves."""
    k.put_back("head.json")
    k.write(k.lines()[: OLD + 3])


def old_head_and_one_more(k: Kept) -> None:
    k.put_back("head.json")
    k.write(k.lines()[: OLD + 1])


def old_log(k: Kept) -> None:
    k.put_back("log.jsonl")


def old_log_and_head(k: Kept) -> None:
    k.put_back("log.jsonl", "head.json")


def head_of_nothing(k: Kept) -> None:
    """The head of an empty log, as it lies on the disk before the first entry."""
    k.head.write_text(head_text(VAULT, Head(0, 0, "0" * 64, (0, 0))), encoding="ascii")


def head_of_nothing_and_cut(k: Kept) -> None:
    head_of_nothing(k)
    k.write(k.lines()[:1])


def garbage_behind(k: Kept) -> None:
    k.write([*k.lines(), b"nothing\n"])


def garbage_before(k: Kept) -> None:
    k.write([b"nothing\n", *k.lines()])


def blank_lines(k: Kept) -> None:
    k.write([b"\n".join(k.lines())])


def spaces(k: Kept) -> None:
    k.write([k.lines()[0].replace(b'":', b'": ', 1), *k.lines()[1:]])


def zeros(k: Kept) -> None:
    k.log.write_bytes(k.log.read_bytes()[:-200] + bytes(200))


WAYS = [
    *(edit, edit_view, renumber, forge, remove_first, remove_middle, remove_release, cut_last, cut_ten),
    *(cut_half_a_line, swap, repeat, empty, delete_log, delete_head, delete_both, delete_folder, delete_head_and_cut),
    *(delete_head_and_cut_release, empty_head, garbage_head, edit_head, old_head, old_head_and_cut),
    *(old_head_and_one_more, old_log, old_log_and_head, head_of_nothing, head_of_nothing_and_cut, garbage_behind),
    *(garbage_before, blank_lines, spaces, zeros),
]


def keep_states(k: Kept) -> None:
    del k


def old_states(k: Kept) -> None:
    shutil.rmtree(k.home.replies)
    shutil.copytree(k.old / "replies", k.home.replies)


def no_states(k: Kept) -> None:
    for path in k.home.replies.glob("*/*.state.json"):
        path.unlink()


def no_pulls(k: Kept) -> None:
    shutil.rmtree(k.home.replies)


@pytest.mark.parametrize("states", [keep_states, old_states, no_states, no_pulls])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_found_or_refused(kept: Kept, way: Callable[[Kept], None], states: Callable[[Kept], None]) -> None:
    """Verify says so before anything else is done, and again after a try to write; the released pull is no draft."""
    way(kept)
    states(kept)
    assert all_flaws(kept.home, VAULT)[0]
    try:
        record(kept.home, VAULT, CLERK, "view")
    except ReentryError as error:
        assert "reentry audit recover" in str(error)
        assert "\n" not in str(error)
    assert all_flaws(kept.home, VAULT)[0]
    with pytest.raises(ReentryError):
        release(kept.home, VAULT, LETTER, kept.pull, account=RELEASER)


@pytest.mark.parametrize(
    "way",
    [
        delete_head,
        delete_both,
        delete_head_and_cut,
        empty_head,
        garbage_head,
        old_log,
        garbage_behind,
        old_head_and_cut,
    ],
)
def test_lines_without_a_sound_head_take_no_entry(kept: Kept, way: Callable[[Kept], None]) -> None:
    """Nothing is written; the sentence says what to do; recovered on purpose, the log goes on and says so."""
    way(kept)
    before = kept.log.read_bytes() if kept.log.exists() else b""
    with pytest.raises(ReentryError, match="reentry audit recover") as refused:
        record(kept.home, VAULT, CLERK, "view")
    assert refused.value.exit_status == 1
    assert (kept.log.read_bytes() if kept.log.exists() else b"") == before
    recover(kept.home, VAULT, RELEASER, "磁盘故障后由备份恢复不成")
    assert all_flaws(kept.home, VAULT)[0] == []
    record(kept.home, VAULT, CLERK, "view")
    found = next(e for e in entries(kept.home) if e["action"] == "recover")
    assert (found["who"], found["about"]["reason"]) == ("shenqian", "磁盘故障后由备份恢复不成")
    assert found["n"] > current_head(Home(kept.old), VAULT).entries
    assert state_of(kept.home, VAULT, LETTER, kept.pull).state == "released"
    assert all_flaws(kept.home, VAULT)[0] == []
    kept.write([kept.lines()[0].replace(b'"web"', b'"system"'), *kept.lines()[1:]])
    assert verify(kept.home, VAULT) != []  # what was accepted is as it was accepted, or all of it is named


@pytest.mark.parametrize("states", [keep_states, old_states, no_states, no_pulls])
@pytest.mark.parametrize("way", WAYS)
def test_ways_without_a_second_place(kept: Kept, way: Callable[[Kept], None], states: Callable[[Kept], None]) -> None:
    """All are found but these: log and head put back as they were at the states' last step, and everything deleted."""
    (kept.home.path / "reentry.toml").unlink()
    way(kept)
    states(kept)
    as_it_was = (way, states) in ((old_log_and_head, old_states), (old_head_and_one_more, keep_states))
    as_new = way in (delete_both, delete_folder) and states is no_pulls
    assert bool(all_flaws(kept.home, VAULT)[0]) == (not as_it_was and not as_new)


def test_an_old_copy_is_found_without_states_by_the_second_file(kept: Kept) -> None:
    """Log, head and replies put back together: the second file of heads knows more; and no entry is written."""
    old_log_and_head(kept)
    old_states(kept)
    assert any("第二处封条" in flaw.text for flaw in all_flaws(kept.home, VAULT)[0])
    with pytest.raises(ReentryError, match="被换成了旧的"):
        record(kept.home, VAULT, CLERK, "view")


def test_an_old_copy_is_found_by_a_published_version(kept: Kept) -> None:
    """A version published since knows more, without any setting."""
    (kept.home.path / "reentry.toml").unlink()
    version = kept.home.published / "20250619T000000Z-abcd"
    version.mkdir(parents=True)
    keep_head(kept.home, version)
    assert all_flaws(kept.home, VAULT)[0] == []
    old_log_and_head(kept)
    old_states(kept)
    assert any("已发布版本" in flaw.text for flaw in all_flaws(kept.home, VAULT)[0])
    with pytest.raises(ReentryError, match="被换成了旧的"):
        record(kept.home, VAULT, CLERK, "view")


def test_an_old_copy_is_found_by_a_head_that_was_handed_on(kept: Kept, tmp_path: Path) -> None:
    """A file of the heads that the command got is given to verify."""
    (kept.home.path / "reentry.toml").unlink()
    heads = tmp_path / "heads.jsonl"
    heads.write_text(head_text(VAULT, current_head(kept.home, VAULT), day="2025-06-19") + "\n", encoding="ascii")
    old_log_and_head(kept)
    old_states(kept)
    assert all_flaws(kept.home, VAULT)[0] == []
    assert [flaw.kind for flaw in all_flaws(kept.home, VAULT, given=heads)[0]] == ["cut"]


def test_a_second_file_that_cannot_be_written_stops_everything(tmp_path: Path) -> None:
    """One sentence with its name; no entry without it."""
    (tmp_path / "reentry.toml").write_text('audit_head_copy = "nowhere/heads.jsonl"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"第二处封条.*不能写入"):
        record(Home(tmp_path), VAULT, CLERK, "view")
    assert entries(Home(tmp_path)) == []


def _yesterday(home: Home) -> None:
    """Makes the last entry one of an earlier day, signed as it would have been."""
    from reentry.audit_head import sign, write_head

    log = home.path / "audit" / "log.jsonl"
    entry = json.loads(log.read_bytes().splitlines()[-1])
    entry["at"] = "2025-06-18T23:00:00.000000Z"
    entry["seal"] = sign(VAULT, entry)
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]) + line)
    write_head(home, VAULT, Head(entry["n"], log.stat().st_size, entry["seal"], (0, 0)))


def test_each_day_s_head_is_handed_to_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Once, on its standard input; a command that fails is tried again later, and the entry stands."""
    home, got = Home(tmp_path / "home"), tmp_path / "got"
    home.path.mkdir()
    takes = f"import sys, pathlib; pathlib.Path({str(got)!r}).open('ab').write(sys.stdin.buffer.read())"
    settings = home.path / "reentry.toml"
    settings.write_text(f"audit_head_command = {json.dumps([sys.executable, '-c', 'raise SystemExit(1)'])}")
    record(home, VAULT, CLERK, "view")
    _yesterday(home)
    last = current_head(home, VAULT)
    record(home, VAULT, CLERK, "view")
    assert "audit_head_command" in capfd.readouterr().err
    assert is_waiting(home)
    settings.write_text(f"audit_head_command = {json.dumps([sys.executable, '-c', takes])}")
    record(home, VAULT, CLERK, "view")
    assert not got.exists()  # not tried again at once
    waiting = home.path / "audit" / "to_hand_on.json"
    import os

    os.utime(waiting, (0, waiting.stat().st_mtime - RETRY_SECONDS - 1))
    record(home, VAULT, CLERK, "view")
    record(home, VAULT, CLERK, "view")
    said = got.read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["day"] for line in said] == ["2025-06-18"]
    assert parse_head(VAULT, said[0]) == last
    assert not is_waiting(home)


def test_decisions_are_read_without_the_rest_of_the_log(kept: Kept) -> None:
    """A line of the log that is no decision may be unreadable: lists still say where everything stands."""
    lines = kept.lines()
    view = next(n for n, line in enumerate(lines) if b'"action":"view"' in line)
    kept.write([*lines[:view], b"x" * (len(lines[view]) - 1) + b"\n", *lines[view + 1 :]])
    assert [one.state.state for one in list_states(kept.home, VAULT)] == ["released"]
    assert verify(kept.home, VAULT) != []
