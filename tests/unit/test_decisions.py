"""Decisions about replies: judged under one lock, whole after a kill, and in both directions as the log says."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from decided import CLERK, LETTER, RELEASER, SECOND_CLERK, VAULT, new_pull, old_home
from long import sample
from reentry.account import NAMED, SYSTEM, Account, web_account
from reentry.audit import entries
from reentry.errors import ReentryError, UsageError
from reentry.replies.decisions import deciding
from reentry.replies.recovery import all_flaws, recover
from reentry.replies.states import (
    LONGEST_NOTE,
    Listed,
    delete,
    list_states,
    recall,
    release,
    send_back,
    state_of,
    submit,
)
from reentry.replies.workflow import OUT, RELEASED, can_delete
from reentry.store import Home

NOTE = "金额请核对"


def submitted(home: Home, *, out: bool = False) -> str:
    """A pull that waits for its release; ``out``: after an earlier one was released."""
    if out:
        first = new_pull(home)
        submit(home, VAULT, LETTER, first, account=CLERK)
        release(home, VAULT, LETTER, first, account=RELEASER)
    pull = new_pull(home)
    submit(home, VAULT, LETTER, pull, account=CLERK)
    return pull


def flaws(home: Home) -> list[str]:
    return [flaw.text for flaw in all_flaws(home, VAULT)[0]]


def released(home: Home) -> list[str]:
    return [one.state.pull for one in list_states(home, VAULT) if one.state.state == RELEASED]


def state_file(home: Home, pull: str) -> Path:
    return home.replies / LETTER / f"{pull}.state.json"


@pytest.mark.parametrize("at_once", [threading.Thread, multiprocessing.get_context("fork").Process])
def test_of_two_decisions_at_once_one_is_taken(tmp_path: Path, at_once: Callable[..., Any]) -> None:
    """A release and a return of the same pull, started together: one holds, the other is refused; the log agrees."""
    for number in range(sample(10, 100)):
        home = Home(tmp_path / str(number))
        pull = submitted(home)
        start = multiprocessing.get_context("fork").Barrier(2)

        def decide(step: Callable[[], object], home: Home = home, start: Any = start) -> None:
            start.wait()
            try:
                step()
                (home.path / f"done.{step.__name__}").touch()
            except UsageError:
                (home.path / f"refused.{step.__name__}").touch()

        def let_out(home: Home = home, pull: str = pull) -> object:
            return release(home, VAULT, LETTER, pull, account=RELEASER)

        def back(home: Home = home, pull: str = pull) -> object:
            return send_back(home, VAULT, LETTER, pull, NOTE, account=RELEASER)

        both = [at_once(target=decide, args=(step,)) for step in (let_out, back)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        said = sorted(p.name.partition(".")[0] for p in home.path.glob("*.*"))
        assert said == ["done", "refused"]
        steps = [step["step"] for step in state_of(home, VAULT, LETTER, pull).steps]
        assert steps in (["pull", "submit", "release"], ["pull", "submit", "return"])
        assert flaws(home) == []


def killed_at(moment: int, act: Callable[[], object]) -> bool:
    """Runs ``act`` in a process that ends with SIGKILL at the given line of our code; whether it came that far."""
    child = os.fork()
    if child == 0:
        left = moment

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal left
            del argument
            if "reentry" not in frame.f_code.co_filename:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("step", ["pull", "submit", "recall", "return", "release"])
def test_a_killed_decision_is_whole_or_not_begun(tmp_path: Path, step: str) -> None:
    """Killed at many moments; then the log is whole, the state is the old or the new one, one pull is released."""
    base = Home(tmp_path / "base")
    pull = submitted(base, out=True)
    if step == "submit":
        send_back(base, VAULT, LETTER, pull, NOTE, account=RELEASER)

    def act(home: Home) -> object:
        if step == "pull":
            return new_pull(home)
        if step == "submit":
            return submit(home, VAULT, LETTER, pull, account=CLERK)
        if step == "recall":
            return recall(home, VAULT, LETTER, pull, account=CLERK)
        if step == "return":
            return send_back(home, VAULT, LETTER, pull, NOTE, account=RELEASER)
        return release(home, VAULT, LETTER, pull, account=RELEASER)

    def stands(home: Home) -> list[tuple[str, str, int]]:
        listed = list_states(home, VAULT)
        assert [one.flaw for one in listed] == [""] * len(listed)
        return [(s.state.pull, s.state.state, len(s.state.steps)) for s in listed]

    before, seen = stands(base), set()
    whole = Home(tmp_path / "whole")
    shutil.copytree(base.path, whole.path)
    act(whole)
    after = stands(whole)
    lines = _lines_of(lambda: act(Home(_copy(base, tmp_path / "counted"))))
    gap = max(1, lines // sample(12, 67))
    for moment in sorted({*range(1, lines + 1, gap), lines}):  # the last line is behind the entry on the log
        home = Home(_copy(base, tmp_path / f"killed{moment}"))
        assert killed_at(moment, lambda home=home: act(home))  # type: ignore[misc]
        assert flaws(home) == []
        now = stands(home)
        assert now in (before, after)
        assert len(released(home)) == 1
        assert not list(home.replies.glob("*/.*.next"))
        seen.add(now == after)
        act_again = _refused_or_done(lambda home=home: act(home))  # type: ignore[misc]
        assert act_again == (step == "pull" or now == before)
        shutil.rmtree(home.path)
    assert seen == {True, False}


def _copy(home: Home, folder: Path) -> Path:
    shutil.copytree(home.path, folder)
    return folder


def _lines_of(act: Callable[[], object]) -> int:
    """How many lines of our code an act runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        del argument
        if "reentry" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def _refused_or_done(act: Callable[[], object]) -> bool:
    try:
        act()
    except UsageError:
        return False
    return True


def test_a_release_supersedes_the_one_before_as_one_entry(tmp_path: Path) -> None:
    """One entry names both, with the hashes of both states."""
    home = Home(tmp_path)
    pull = submitted(home, out=True)
    release(home, VAULT, LETTER, pull, account=RELEASER)
    about = entries(home)[-1]["about"]
    assert about["supersedes"] == ["2025-06-19-1"]
    assert set(about["signed"]) == {"2025-06-19-1.state.json", "2025-06-19-2.state.json"}
    assert [one.state.state for one in list_states(home, VAULT)] == ["superseded", "released"]
    assert flaws(home) == []


def _delete_state(home: Home, pull: str, old: bytes) -> None:
    del old
    state_file(home, pull).unlink()


def _put_state_back(home: Home, pull: str, old: bytes) -> None:
    _put(state_file(home, pull), old)


def _edit_state(home: Home, pull: str, old: bytes) -> None:
    del old
    _put(state_file(home, pull), state_file(home, pull).read_bytes().replace(b"released", b"draft"))


def _put_other_state(home: Home, pull: str, old: bytes) -> None:
    del old
    _put(state_file(home, pull), state_file(home, "2025-06-19-1").read_bytes())


def _leave_old_state_to_finish(home: Home, pull: str, old: bytes) -> None:
    state_file(home, pull).unlink()
    _put(state_file(home, pull).with_name(f".{pull}.state.json.next"), old)


def _delete_pack(home: Home, pull: str, old: bytes) -> None:
    del old
    shutil.rmtree(home.replies / LETTER / pull)


def _delete_all(home: Home, pull: str, old: bytes) -> None:
    _delete_pack(home, pull, old)
    _delete_state(home, pull, old)


def _change_file(home: Home, pull: str, old: bytes) -> None:
    del old
    _put(home.replies / LETTER / pull / "reply.docx", b"other")


def _add_file(home: Home, pull: str, old: bytes) -> None:
    del old
    _put(home.replies / LETTER / pull / "more.docx", b"more")


def _delete_file(home: Home, pull: str, old: bytes) -> None:
    del old
    (home.replies / LETTER / pull / "figures.xlsx").unlink()


def _add_pull(home: Home, pull: str, old: bytes) -> None:
    del old
    shutil.copytree(home.replies / LETTER / pull, home.replies / LETTER / ADDED)


def _add_state(home: Home, pull: str, old: bytes) -> None:
    del pull
    _put(state_file(home, ADDED), old)


ADDED = "2025-06-19-9"
NO_DECISION = (_delete_state, _put_state_back, _edit_state, _put_other_state, _leave_old_state_to_finish)
TAMPERED = (
    *NO_DECISION,
    *(_delete_pack, _delete_all, _change_file, _add_file, _delete_file, _add_pull, _add_state),
)


def _put(path: Path, content: bytes) -> None:
    path.parent.chmod(0o750)
    if path.exists():
        path.chmod(0o640)
    path.write_bytes(content)


@pytest.mark.parametrize("tamper", TAMPERED)
def test_what_is_done_to_a_released_pull_is_named_and_makes_no_draft(
    tmp_path: Path, tamper: Callable[[Home, str, bytes], None]
) -> None:
    """Verify names it; the pull is never a draft again, never released twice, and has no unrecorded twin."""
    home = Home(tmp_path)
    pull = submitted(home, out=True)
    old = state_file(home, pull).read_bytes()
    release(home, VAULT, LETTER, pull, account=RELEASER)
    tamper(home, pull, old)
    found = flaws(home)
    assert found
    assert any(pull in text or ADDED in text for text in found)
    assert released(home) == [pull]
    for step in (submit, release):
        with pytest.raises(ReentryError):
            step(home, VAULT, LETTER, pull, account=SECOND_CLERK)
    assert released(home) == [pull]
    assert new_pull(home) not in (pull, ADDED)


@pytest.mark.parametrize("tamper", NO_DECISION)
def test_recover_restores_what_the_log_says(tmp_path: Path, tamper: Callable[[Home, str, bytes], None]) -> None:
    """With the reason on record; the released pull stays released, its preparer cannot release it."""
    home = Home(tmp_path)
    pull = submitted(home, out=True)
    old = state_file(home, pull).read_bytes()
    release(home, VAULT, LETTER, pull, account=RELEASER)
    tamper(home, pull, old)
    recover(home, VAULT, RELEASER, "状态文件被误删")
    assert flaws(home) == []
    assert released(home) == [pull]
    state = state_of(home, VAULT, LETTER, pull)
    assert [(s["step"], s["who"]) for s in state.steps] == [
        ("pull", "dafu"),
        ("submit", "dafu"),
        ("release", "shenqian"),
    ]
    assert entries(home)[-1]["about"]["reason"] == "状态文件被误删"
    with pytest.raises(UsageError, match="无需恢复"):
        recover(home, VAULT, RELEASER, "再来一次")


def test_submission_compares_the_whole_pack_with_the_pull(tmp_path: Path) -> None:
    """A file changed with its hash renewed, one more, one less, a link: each named; whole again, it is handed in."""
    home = Home(tmp_path)
    pull = new_pull(home)
    folder = home.replies / LETTER / pull
    figures = (folder / "figures.json").read_text(encoding="utf-8")
    away, kept = home.path / "away", folder / "kept" / "pull.json"
    ways: list[tuple[Callable[[], object], Callable[[], object], str]] = [
        (partial(_put, folder / "reply.docx", b"x"), partial(_put, folder / "reply.docx", "答复".encode()), "reply"),
        (
            partial(_put, folder / "figures.json", figures.replace('"files": {', '"files": {}, "f": {').encode()),
            partial(_put, folder / "figures.json", figures.encode()),
            "figures.json",
        ),
        (partial(_put, folder / "more.txt", b"x"), (folder / "more.txt").unlink, "多出 more.txt"),
        (partial(kept.rename, away), partial(away.rename, kept), "缺少 kept/pull.json"),
        (partial((folder / "link").symlink_to, "/dev/null"), (folder / "link").unlink, "多出 link"),
    ]
    for do, undo, named in ways:
        do()
        with pytest.raises(UsageError, match=f"文件被改动（.*{named}"):
            submit(home, VAULT, LETTER, pull, account=CLERK)
        undo()
    submit(home, VAULT, LETTER, pull, account=CLERK)
    _put(folder / "more.txt", b"x")
    with pytest.raises(UsageError, match=r"多出 more\.txt"):
        release(home, VAULT, LETTER, pull, account=RELEASER)


def test_a_released_pack_is_read_only(tmp_path: Path) -> None:
    """Files 0440, folders 0550."""
    home = Home(tmp_path)
    pull = submitted(home)
    release(home, VAULT, LETTER, pull, account=RELEASER)
    folder = home.replies / LETTER / pull
    modes = {p.relative_to(folder).as_posix(): oct(p.stat().st_mode & 0o777) for p in (folder, *folder.rglob("*"))}
    assert {modes.pop("."), modes.pop("kept")} == {"0o550"}
    assert set(modes.values()) == {"0o440"}


def by(name: str, way: str, *logins: str) -> Account:
    return Account(name, way, logins)


@pytest.mark.parametrize(
    ("prepares", "decides", "may"),
    [
        (web_account("dafu"), web_account("shenqian"), True),
        (web_account("dafu"), web_account("DaFu"), False),
        (web_account("dafu"), web_account("ｄａｆｕ "), False),
        (web_account("dafu"), by("dafu", SYSTEM, "dafu"), False),
        (web_account("dafu"), by("root", SYSTEM, "root", "dafu"), False),  # dafu, who called sudo
        (web_account("dafu"), by("li", SYSTEM, "li"), True),
        (by("li", SYSTEM, "li"), by("li", SYSTEM, "li"), False),
        (by("li", SYSTEM, "li"), by("wang", SYSTEM, "wang"), True),
        (by("li", SYSTEM, "li"), by("wang", SYSTEM, "wang", "li"), False),
        (by("dafu", NAMED, "root"), by("shenqian", NAMED, "root"), True),
        (by("dafu", NAMED, "root"), by("root", SYSTEM, "root"), False),  # command_line_accounts was switched off
        (by("root", SYSTEM, "root"), by("shenqian", NAMED, "root"), False),  # or on
        (by("dafu", NAMED, "root"), web_account("shenqian"), True),
        (by("dafu", NAMED, "root"), web_account("dafu"), False),
    ],
)
def test_whoever_prepared_never_releases(tmp_path: Path, prepares: Account, decides: Account, may: bool) -> None:
    """By whatever way: another spelling of the account, another system user, another setting."""
    home = Home(tmp_path)
    pull = new_pull(home, prepares)
    submit(home, VAULT, LETTER, pull, account=web_account("wenshu"))
    assert _refused_or_done(lambda: release(home, VAULT, LETTER, pull, account=decides)) == may
    pull = new_pull(home, web_account("wenshu"))
    submit(home, VAULT, LETTER, pull, account=prepares)
    assert _refused_or_done(lambda: release(home, VAULT, LETTER, pull, account=decides)) == may


def test_a_note_has_a_limit(tmp_path: Path) -> None:
    """One sentence, and nothing is done."""
    home = Home(tmp_path)
    pull = submitted(home)
    with pytest.raises(UsageError, match=f"最多 {LONGEST_NOTE} 个字"):
        send_back(home, VAULT, LETTER, pull, "长" * 200_000, account=RELEASER)
    assert state_of(home, VAULT, LETTER, pull).state == "submitted"


def test_a_home_of_0_1_0_goes_on(tmp_path: Path) -> None:
    """Its log verifies, its states are taken over with their hashes, and the next steps follow."""
    home = old_home(tmp_path)
    assert flaws(home) == []
    count = len(entries(home))
    stands = {(one.state.letter, one.state.pull): one.state.state for one in list_states(home, VAULT)}
    assert list(stands.values()) == ["superseded", "released", "submitted", "draft"]
    assert [e["action"] for e in entries(home)[count:]] == ["adopt"]
    with pytest.raises(UsageError, match="不能由同一账号"):
        release(home, VAULT, LETTER, "2025-06-19-3", account=CLERK)
    release(home, VAULT, LETTER, "2025-06-19-3", account=RELEASER)
    assert [one.state.state for one in list_states(home, VAULT)] == ["superseded", "superseded", "released", "draft"]
    assert new_pull(home) == "2025-06-19-4"
    assert flaws(home) == []


def test_two_released_pulls_that_a_kill_left_in_0_1_0_become_one(tmp_path: Path) -> None:
    """The older is superseded when the home is taken over."""
    home = old_home(tmp_path)
    with deciding(home, VAULT):
        pass
    shutil.rmtree(tmp_path)
    home = old_home(tmp_path)
    _twins_of_0_1_0(home)
    assert released(home) == ["2025-06-19-2"]
    assert flaws(home) == []


def _twins_of_0_1_0(home: Home) -> None:
    """As killed before the older pull was superseded: without that step and its entry."""
    from reentry.audit_head import Head, write_head
    from reentry.replies.sealed import draft_of, read_sealed, write_draft

    log = home.path / "audit" / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    index = next(n for n, line in enumerate(lines) if b'"superseded"' in line)
    log.write_bytes(b"".join(lines[:index]))
    before = entries(home)[-1]
    write_head(home, VAULT, Head(before["n"], log.stat().st_size, before["seal"]))
    for path in home.replies.glob("*/*.state.json"):
        said = read_sealed(path, VAULT)
        said["steps"] = [step for step in said["steps"] if step["audit"]["entries"] <= before["n"]]
        if not said["steps"]:
            path.unlink()
            shutil.rmtree(path.with_name(path.name.removesuffix(".state.json")))
            continue
        said["state"] = "released" if said["state"] in OUT else said["state"]
        write_draft(path, VAULT, said)
        draft_of(path).replace(path)


@pytest.mark.parametrize("name", ["2025-06-19-2.state.json", "2025-06-19-3.state.json"])
def test_a_home_of_0_1_0_with_a_missing_state_is_named(tmp_path: Path, name: str) -> None:
    """It is not taken over; what its log says is restored on purpose only."""
    home = old_home(tmp_path)
    (home.replies / LETTER / name).unlink()
    assert any("的状态被删除" in text for text in flaws(home))
    with pytest.raises(ReentryError, match=r"由 0\.1\.0 版生成"):
        list_states(home, VAULT)
    recover(home, VAULT, RELEASER, "状态文件丢失")
    assert flaws(home) == []
    listed: list[Listed] = list_states(home, VAULT)
    assert [one.state.state for one in listed] == ["superseded", "released", "submitted", "draft"]
    assert [one.flaw for one in listed] == [""] * 4


def test_a_draft_is_deleted_by_its_maker_alone(tmp_path: Path) -> None:
    """Its folder goes, who did what stays on the log and in the state, its number is not used again."""
    home = Home(tmp_path)
    pull = new_pull(home)
    with pytest.raises(UsageError, match="只有取数人"):
        delete(home, VAULT, LETTER, pull, account=SECOND_CLERK)
    assert delete(home, VAULT, LETTER, pull, account=CLERK).state == "deleted"
    assert not (home.replies / LETTER / pull).exists()
    assert [step["step"] for step in state_of(home, VAULT, LETTER, pull).steps] == ["pull", "delete"]
    assert [(e["who"], e["action"]) for e in entries(home)][-1] == (CLERK.name, "delete")
    assert flaws(home) == [] and [one.flaw for one in list_states(home, VAULT)] == [""]
    handed_in = submitted(home)
    assert handed_in != pull
    assert not can_delete(state_of(home, VAULT, LETTER, handed_in), CLERK)
    with pytest.raises(UsageError, match=r"待审签.*不能删除"):
        delete(home, VAULT, LETTER, handed_in, account=CLERK)
    for step in (submit, delete):
        with pytest.raises(UsageError, match="已删除"):
            step(home, VAULT, LETTER, pull, account=CLERK)


def test_a_killed_deletion_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the entry on the log nothing of the pack stays, whoever asks next."""
    home = Home(tmp_path)
    pull = new_pull(home)
    with monkeypatch.context() as patch:
        patch.setattr("reentry.replies.decisions.remove", lambda _: None)
        delete(home, VAULT, LETTER, pull, account=CLERK)
    assert (home.replies / LETTER / pull).exists()
    with deciding(home, VAULT):
        pass
    assert not (home.replies / LETTER / pull).exists() and flaws(home) == []
