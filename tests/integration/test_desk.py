"""The desk of replies: two persons, states that hold, small totals allowed by name, a public version, the log."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from conftest import Made, MakeHome
from reentry import cli
from reentry.account import ACCOUNT, Account, system_user, web_account
from reentry.audit import entries
from reentry.audit_verify import verify
from reentry.errors import ReentryError, UsageError
from reentry.replies import pack as packs
from reentry.replies.allowed import allow, releases_of, withdraw
from reentry.replies.decisions import SUPERSEDED
from reentry.replies.desk import file_of, pull_document
from reentry.replies.letter import load_letter
from reentry.replies.pack import Pack, make_pack
from reentry.replies.public import PROTECTING, SMALL
from reentry.replies.standing import standing_figures
from reentry.replies.states import anchors, delete, recall, release, send_back, state_of, submit
from reentry.replies.workflow import RELEASED
from reentry.spill import scratch_folder
from reentry.store import Home

LETTER, PROPOSAL = "2025-18070184", "2025-zx-0126"


@pytest.fixture(scope="module")
def made(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A copy of the demo home, for its own pulls."""
    made = made_home(1)
    folder = tmp_path_factory.mktemp("desk") / "home"
    shutil.copytree(made.home.path, folder, symlinks=True)
    return Made(Home(folder), made.vault, made.inbox, made.today)


@pytest.fixture(autouse=True)
def without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice takes seconds, and what is tested here is not the PDF."""
    monkeypatch.setattr(packs, "to_pdf", lambda *_, **__: {})


CLERK, SECOND_CLERK, RELEASER = web_account("dafu"), web_account("wenshu"), web_account("shenqian")


class Desk:
    """The desk of a home."""

    def __init__(self, made: Made) -> None:
        self.home, self.vault = made.home, made.vault

    def pull(self, account: Account = CLERK) -> Pack:
        """A new pull, made by an account."""
        return make_pack(self.home, self.vault, LETTER, account=account)


@pytest.fixture
def desk(made: Made) -> Desk:
    """The desk on the copied home."""
    return Desk(made)


def test_prepared_by_one_released_by_another(desk: Desk) -> None:
    """Neither who made nor who submitted a pull may release it; a released one is superseded by the next alone."""
    home, vault, first = desk.home, desk.vault, desk.pull()
    with pytest.raises(UsageError, match=r"草稿.*不能审签"):
        release(home, vault, LETTER, first.pull, account=RELEASER)
    submit(home, vault, LETTER, first.pull, account=SECOND_CLERK)
    for preparer in (SECOND_CLERK, CLERK):
        with pytest.raises(UsageError, match="不能由同一账号审签"):
            release(home, vault, LETTER, first.pull, account=preparer)
    assert release(home, vault, LETTER, first.pull, account=RELEASER).state == RELEASED
    for step in (release, submit):
        with pytest.raises(UsageError, match="已审签"):
            step(home, vault, LETTER, first.pull, account=RELEASER)
    with pytest.raises(UsageError, match="已审签"):
        send_back(home, vault, LETTER, first.pull, "想改一改", account=RELEASER)
    second = desk.pull()
    submit(home, vault, LETTER, second.pull, account=CLERK)
    release(home, vault, LETTER, second.pull, account=RELEASER)
    assert state_of(home, vault, LETTER, first.pull).state == SUPERSEDED
    assert [s["who"] for s in state_of(home, vault, LETTER, second.pull).steps] == ["dafu", "dafu", "shenqian"]


def test_a_draft_nobody_handed_in_is_cited_by_no_other_letter(desk: Desk) -> None:
    """What another letter printed counts as printed before once it was handed in; a letter's own pulls come first."""
    home, vault, other = desk.home, desk.vault, "2025-zx-0126"
    first = desk.pull()

    def since() -> list[str]:
        pack = make_pack(home, vault, other, account=CLERK)
        delete(home, vault, other, pack.pull, account=CLERK)
        said = [f["changed"]["since"] for f in pack.document["figures"] if f["changed"]]
        return [f"{one['letter']} {one['pull']}" for one in said]

    assert f"{LETTER} {first.pull}" not in since()
    last = {row["last_pull"] for row in standing_figures(home, vault, other)["figures"]}
    assert f"另一份答复的 {first.pull}" not in last
    submit(home, vault, LETTER, first.pull, account=CLERK)
    assert f"{LETTER} {first.pull}" in since()
    last = {row["last_pull"] for row in standing_figures(home, vault, other)["figures"]}
    assert f"另一份答复的 {first.pull}" in last
    recall(home, vault, LETTER, first.pull, account=CLERK)


def test_two_drafts_are_compared_when_the_second_is_released(desk: Desk) -> None:
    """Judged apart, together they give a count of 1 to 4 away: the later one is refused, pulled anew it goes out."""
    home, vault = desk.home, desk.vault

    def counts(pack: Pack) -> dict[str, int]:
        figures = pack.document["figures"]
        return {f["name"]: f["value"] for f in figures if f["style"] == "count" and "hidden_because" not in f}

    days = (date(2024, 7, 1), date(2025, 1, 1))
    longer, shorter = (make_pack(home, vault, PROPOSAL, account=CLERK, starts_on=first) for first in days)
    whole, part = counts(longer), counts(shorter)
    assert any(1 <= whole[name] - part[name] <= 4 for name in whole.keys() & part.keys())
    for pull in (longer.pull, shorter.pull):
        submit(home, vault, PROPOSAL, pull, account=CLERK)
    release(home, vault, PROPOSAL, longer.pull, account=RELEASER)
    with pytest.raises(UsageError, match=f"又审签了 {PROPOSAL} 取数 {longer.pull}.*请重新取数") as refused:
        release(home, vault, PROPOSAL, shorter.pull, account=RELEASER)
    assert "\n" not in str(refused.value)
    assert state_of(home, vault, PROPOSAL, shorter.pull).state == "submitted"
    anew = make_pack(home, vault, PROPOSAL, account=CLERK, starts_on=date(2025, 1, 1))
    submit(home, vault, PROPOSAL, anew.pull, account=CLERK)
    assert release(home, vault, PROPOSAL, anew.pull, account=RELEASER).state == RELEASED


def test_only_its_preparers_recall_a_pull_until_it_is_decided(desk: Desk) -> None:
    """Back to draft, on the log; they do not send it back, others do not recall it, a decided one nobody does."""
    home, vault, pack = desk.home, desk.vault, desk.pull()
    with pytest.raises(UsageError, match=r"草稿.*不能撤回"):
        recall(home, vault, LETTER, pack.pull, account=CLERK)
    submit(home, vault, LETTER, pack.pull, account=SECOND_CLERK)
    may = {who.name: pull_document(home, vault, LETTER, pack.pull, account=who)["may"] for who in (CLERK, RELEASER)}
    assert may["dafu"] == {"submit": False, "release": False, "return": False, "recall": True, "delete": False}
    assert may["shenqian"] == {"submit": False, "release": True, "return": True, "recall": False, "delete": False}
    with pytest.raises(UsageError, match="不能撤回：只有"):
        recall(home, vault, LETTER, pack.pull, account=RELEASER)
    for preparer in (CLERK, SECOND_CLERK):
        with pytest.raises(UsageError, match="不能由同一账号退回"):
            send_back(home, vault, LETTER, pack.pull, "金额请核对", account=preparer)
    assert recall(home, vault, LETTER, pack.pull, account=CLERK).state == "draft"
    assert (entries(home)[-1]["action"], entries(home)[-1]["about"]["state"]) == ("recall", "draft")
    submit(home, vault, LETTER, pack.pull, account=CLERK)
    release(home, vault, LETTER, pack.pull, account=RELEASER)
    with pytest.raises(UsageError, match=r"已审签.*不能撤回"):
        recall(home, vault, LETTER, pack.pull, account=CLERK)


def test_sent_back_with_a_reason(desk: Desk) -> None:
    """It is a draft again, and whoever prepared it still may not release it."""
    home, vault, pack = desk.home, desk.vault, desk.pull()
    submit(home, vault, LETTER, pack.pull, account=CLERK)
    with pytest.raises(UsageError, match="理由"):
        send_back(home, vault, LETTER, pack.pull, " ", account=RELEASER)
    send_back(home, vault, LETTER, pack.pull, "金额请核对", account=RELEASER)
    submit(home, vault, LETTER, pack.pull, account=SECOND_CLERK)
    with pytest.raises(UsageError, match="不能由同一账号"):
        release(home, vault, LETTER, pack.pull, account=CLERK)


def test_a_changed_file_or_state_is_noticed(desk: Desk) -> None:
    """A letter changed after it was handed in is neither released nor given out; nor is a changed state believed."""
    home, vault, pack = desk.home, desk.vault, desk.pull()
    submit(home, vault, LETTER, pack.pull, account=CLERK)
    reply = pack.folder / "reply.docx"
    whole = reply.read_bytes()
    reply.chmod(0o640)
    reply.write_bytes(whole + b" ")
    with pytest.raises(UsageError, match=r"文件被改动（reply.docx）"):
        release(home, vault, LETTER, pack.pull, account=RELEASER)
    with pytest.raises(UsageError, match="被改动"):
        file_of(home, vault, LETTER, pack.pull, "reply.docx", account=RELEASER)
    reply.write_bytes(whole)
    state = home.replies / LETTER / f"{pack.pull}.state.json"
    said = state.read_text(encoding="utf-8")
    state.write_text(said.replace('"submitted"', '"released"'), encoding="utf-8")
    with pytest.raises(ReentryError, match="封条"):
        state_of(home, vault, LETTER, pack.pull)
    state.write_text(said, encoding="utf-8")
    assert release(home, vault, LETTER, pack.pull, account=RELEASER).state == RELEASED


def test_public_version_withholds_small_counts_until_they_are_allowed(desk: Desk) -> None:
    """In text, workbook and JSON, with the reason or the name on record; what was allowed can be taken back."""
    letter = load_letter(LETTER)
    home, vault = desk.home, desk.vault
    figures = {f["name"]: f for f in desk.pull().document["figures"]}
    small = [n for n, f in figures.items() if f["style"] == "count" and 1 <= f["value"] <= 4]
    assert small
    for name, figure in figures.items():
        if name in small:
            assert (figure["public"], figure["hidden_because"]) == ("若干", SMALL)
        else:
            assert figure.get("hidden_because", PROTECTING) == PROTECTING or figure["style"] != "count"
    said = {"person": "彭科长", "reason": "建议直接问及这一项"}
    with pytest.raises(UsageError, match="不能由同一账号准予公开"):
        allow(home, vault, letter, small[0], account=CLERK, **said)
    allow(home, vault, letter, small[0], account=RELEASER, **said)
    with pytest.raises(UsageError, match="由 shenqian 准予公开，不能由同一账号取数"):
        desk.pull(RELEASER)
    pack = desk.pull()
    opened = next(f for f in pack.document["figures"] if f["name"] == small[0])
    assert (opened["public"], opened["released_by"]) == (opened["printed"], "彭科长")
    text = "\n".join(p.text for p in Document(str(pack.folder / "reply-public.docx")).paragraphs)
    assert ("若干" in text) == (len(small) > 1)
    book = load_workbook(BytesIO((pack.folder / "figures.xlsx").read_bytes()))
    assert any("彭科长准予公开" in str(c) for row in book["指标"].iter_rows(values_only=True) for c in row)
    withdraw(home, vault, letter, small[0], account=RELEASER)
    again = next(f for f in desk.pull().document["figures"] if f["name"] == small[0])
    assert again["public"] == "若干"
    with pytest.raises(UsageError, match="没有指标"):
        allow(home, vault, letter, "nothing", account=RELEASER, **said)


def test_everything_is_on_record(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pull, view, trace, export, submission and release by the command line: who, when, what, in one whole chain."""
    home, vault = desk.home, desk.vault
    (home.path / "reentry.toml").write_text("command_line_accounts = true\n", encoding="utf-8")
    monkeypatch.setenv(ACCOUNT, "dafu")
    days = ["--from", "2025-01-01", "--to", "2025-03-31"]
    before = len(entries(home))
    pull = desk.pull().pull
    for command in (
        ["figures", *days, "--id", "relief.grants", "--json"],
        ["trace", "relief.grants", *days, "--out", str(tmp_path / "trace.xlsx")],
        ["roster", "dual", "--json"],
        ["replies", "show", LETTER, pull],
        ["replies", "file", LETTER, pull, "figures.xlsx", "--out", str(tmp_path / "figures.xlsx")],
        ["replies", "submit", LETTER, pull],
    ):
        assert not cli.app([*command, "--home", str(home.path)], standalone_mode=False)
    monkeypatch.setenv(ACCOUNT, "shenqian")
    cli.app(["replies", "release", LETTER, pull, "--home", str(home.path)], standalone_mode=False)
    found = entries(home)[before:]
    wanted = ["pull", "pull", "trace", "export", "view", "view", "export", "submit", "release"]
    assert [e["action"] for e in found][: len(wanted)] == wanted
    assert [e["who"] for e in found][-1] == "shenqian"
    assert {"letter": LETTER, "pull": pull, "state": "draft"}.items() <= found[0]["about"].items()
    assert verify(home, vault, anchors(home, vault)) == []
    capfd.readouterr()
    cli.app(["replies", "list", "--json", "--home", str(home.path)], standalone_mode=False)
    line = next(row for row in json.loads(capfd.readouterr().out) if row["pull"] == pull)
    assert (line["state"], line["prepared_by"], line["released_by"]) == ("released", "dafu", "shenqian")
    document = pull_document(home, vault, LETTER, pull, account=CLERK)
    assert not any(document["may"].values())
    assert document["changed_files"] == []
    assert (tmp_path / "figures.xlsx").read_bytes() == (home.replies / LETTER / pull / "figures.xlsx").read_bytes()


def test_the_account_of_a_command_is_the_system_user(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the settings say otherwise; so one who works under two names cannot release what he prepared."""
    home, vault = desk.home, desk.vault
    settings = home.path / "reentry.toml"

    def run(*command: str) -> int:
        monkeypatch.setattr(sys, "argv", ["reentry", *command, "--home", str(home.path)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    settings.unlink(missing_ok=True)
    for name, variable in (("dafu", ACCOUNT), ("wenshu", "LOGNAME"), ("wenshu", "USER")):
        monkeypatch.setenv(variable, name)
    for first in (False, True):  # whether REENTRY_ACCOUNT is believed at the submission; then it is the other way
        settings.write_text(f"command_line_accounts = {str(first).lower()}\n", encoding="utf-8")
        monkeypatch.setenv(ACCOUNT, "dafu")
        pull = desk.pull(web_account("wenshu")).pull
        assert run("replies", "submit", LETTER, pull) == 0
        assert entries(home)[-1]["who"] == ("dafu" if first else system_user())
        settings.write_text(f"command_line_accounts = {str(not first).lower()}\n", encoding="utf-8")
        monkeypatch.setenv(ACCOUNT, "shenqian")
        assert run("replies", "release", LETTER, pull) == 2
        assert "不能由同一账号审签" in capfd.readouterr().err
    note = tmp_path / "note.txt"
    note.write_text("金额请核对\n", encoding="utf-8")
    assert run("replies", "return", LETTER, pull, "--note-file", str(note)) == 2
    assert "不能由同一账号退回" in capfd.readouterr().err
    assert run("replies", "recall", LETTER, pull) == 0
    assert run("replies", "submit", LETTER, pull) == 0
    monkeypatch.setattr("reentry.account._user_name", lambda _: "shenqian")
    assert run("replies", "recall", LETTER, pull) == 2
    assert run("replies", "return", LETTER, pull, "--note-file", str(note)) == 0
    assert state_of(home, vault, LETTER, pull).steps[-1]["note"] == "金额请核对"
    assert run("replies", "return", LETTER, pull, "--note", "金额") == 2  # no note on a command line
    assert run("audit", "verify") == 0
    settings.unlink()


def test_name_and_reason_come_from_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line is the name, the rest the reason; neither is an argument."""
    name = next(iter(load_letter(LETTER).figures))
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO("彭科长\n建议直接问及\n这一项\n".encode())))
    monkeypatch.setattr("reentry.account._user_name", lambda _: "shenqian")
    command = ["replies", "allow", LETTER, name, "--person-file", "-", "--reason-file", "-"]
    assert not cli.app([*command, "--home", str(desk.home.path)], standalone_mode=False)
    release_of = releases_of(desk.home, desk.vault, load_letter(LETTER))[name]
    assert (release_of.released_by, release_of.reason) == ("彭科长", "建议直接问及\n这一项")
    withdraw(desk.home, desk.vault, load_letter(LETTER), name, account=RELEASER)


def test_a_killed_pull_leaves_no_letter_behind(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it wrote lies in the home, and the next pull removes it; nothing is in the machine's temp folder."""
    from reentry.replies import pdf

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def killed(*_: object) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(packs, "to_pdf", pdf.to_pdf)
        monkeypatch.setattr(packs, "office_version", lambda _: None)
        monkeypatch.setattr(pdf, "office", lambda: "soffice")
        monkeypatch.setattr(pdf, "_run", killed)
        try:
            desk.pull()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert list((desk.home.path / "spill").glob("*/*/reply.docx"))
    assert list(tmp_path.iterdir()) == []
    child = os.fork()
    if child == 0:
        with scratch_folder(desk.home.path):  # as the next process does that needs one
            os._exit(0)
    os.waitpid(child, 0)
    desk.pull()
    assert not list((desk.home.path / "spill").glob("*/*/reply.docx"))
    assert not list((desk.home.replies / LETTER).glob(".*"))
