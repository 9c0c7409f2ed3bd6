"""The desk of replies: two persons, states that hold, small totals allowed by name, a public version, the log."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from conftest import Made, MakeHome
from reentry import cli
from reentry.audit import ACCOUNT, entries, verify
from reentry.errors import ReentryError, UsageError
from reentry.replies import pack as packs
from reentry.replies.allowed import allow, withdraw
from reentry.replies.desk import file_of, pull_document
from reentry.replies.letter import load_letter
from reentry.replies.pack import Pack, make_pack
from reentry.replies.public import PROTECTING, SMALL
from reentry.replies.states import RELEASED, SUPERSEDED, anchors, begin, release, send_back, state_of, submit
from reentry.store import Home

LETTER = "2025-18070184"


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
    monkeypatch.setattr(packs, "to_pdf", lambda *_: {})


class Desk:
    """The desk as different accounts use it."""

    def __init__(self, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made, self.monkeypatch = made, monkeypatch

    def as_account(self, name: str) -> tuple[Home, Any]:
        """From here on this account asks."""
        self.monkeypatch.setenv(ACCOUNT, name)
        return self.made.home, self.made.vault

    def pull(self, name: str = "dafu") -> Pack:
        """A new pull, made by an account."""
        home, vault = self.as_account(name)
        pack = make_pack(home, vault, LETTER)
        begin(home, vault, LETTER, pack.pull)
        return pack


@pytest.fixture
def desk(made: Made, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk on the copied home."""
    return Desk(made, monkeypatch)


def test_prepared_by_one_released_by_another(desk: Desk) -> None:
    """Neither who made nor who submitted a pull may release it; a released one is superseded by the next alone."""
    first = desk.pull("dafu")
    home, vault = desk.as_account("wenshu")
    with pytest.raises(UsageError, match=r"草稿.*不能审签"):
        release(home, vault, LETTER, first.pull)
    submit(home, vault, LETTER, first.pull)
    for preparer in ("wenshu", "dafu"):
        desk.as_account(preparer)
        with pytest.raises(UsageError, match="不能由同一账号审签"):
            release(home, vault, LETTER, first.pull)
    desk.as_account("shenqian")
    assert release(home, vault, LETTER, first.pull).state == RELEASED
    for step in (release, submit):
        with pytest.raises(UsageError, match="已审签"):
            step(home, vault, LETTER, first.pull)
    with pytest.raises(UsageError, match="已审签"):
        send_back(home, vault, LETTER, first.pull, "想改一改")
    second = desk.pull("dafu")
    submit(home, vault, LETTER, second.pull)
    desk.as_account("shenqian")
    release(home, vault, LETTER, second.pull)
    assert state_of(home, vault, LETTER, first.pull).state == SUPERSEDED
    assert [s["who"] for s in state_of(home, vault, LETTER, second.pull).steps] == ["dafu", "dafu", "shenqian"]


def test_sent_back_with_a_reason(desk: Desk) -> None:
    """It is a draft again, and whoever prepared it still may not release it."""
    pack = desk.pull("dafu")
    home, vault = desk.as_account("dafu")
    submit(home, vault, LETTER, pack.pull)
    desk.as_account("shenqian")
    with pytest.raises(UsageError, match="理由"):
        send_back(home, vault, LETTER, pack.pull, " ")
    send_back(home, vault, LETTER, pack.pull, "金额请核对")
    desk.as_account("wenshu")
    submit(home, vault, LETTER, pack.pull)
    desk.as_account("dafu")
    with pytest.raises(UsageError, match="不能由同一账号"):
        release(home, vault, LETTER, pack.pull)


def test_a_changed_file_or_state_is_noticed(desk: Desk) -> None:
    """A letter changed after it was handed in is neither released nor given out; nor is a changed state believed."""
    pack = desk.pull("dafu")
    home, vault = desk.as_account("dafu")
    submit(home, vault, LETTER, pack.pull)
    reply = pack.folder / "reply.docx"
    whole = reply.read_bytes()
    reply.chmod(0o640)
    reply.write_bytes(whole + b" ")
    desk.as_account("shenqian")
    with pytest.raises(UsageError, match=r"文件被改动（reply.docx）"):
        release(home, vault, LETTER, pack.pull)
    with pytest.raises(UsageError, match="被改动"):
        file_of(home, LETTER, pack.pull, "reply.docx")
    reply.write_bytes(whole)
    state = home.replies / LETTER / f"{pack.pull}.state.json"
    said = state.read_text(encoding="utf-8")
    state.write_text(said.replace('"submitted"', '"released"'), encoding="utf-8")
    with pytest.raises(ReentryError, match="封条"):
        state_of(home, vault, LETTER, pack.pull)
    state.write_text(said, encoding="utf-8")
    assert release(home, vault, LETTER, pack.pull).state == RELEASED


def test_public_version_withholds_small_counts_until_they_are_allowed(desk: Desk) -> None:
    """In text, workbook and JSON, with the reason or the name on record; what was allowed can be taken back."""
    letter = load_letter(LETTER)
    home, vault = desk.as_account("dafu")
    figures = {f["name"]: f for f in desk.pull().document["figures"]}
    small = [n for n, f in figures.items() if f["style"] == "count" and 1 <= f["value"] <= 4]
    assert small
    for name, figure in figures.items():
        if name in small:
            assert (figure["public"], figure["hidden_because"]) == ("若干", SMALL)
        else:
            assert figure.get("hidden_because", PROTECTING) == PROTECTING or figure["style"] != "count"
    allow(home, vault, letter, small[0], person="彭科长", reason="建议直接问及这一项")
    pack = desk.pull()
    opened = next(f for f in pack.document["figures"] if f["name"] == small[0])
    assert (opened["public"], opened["released_by"]) == (opened["printed"], "彭科长")
    text = "\n".join(p.text for p in Document(str(pack.folder / "reply-public.docx")).paragraphs)
    assert ("若干" in text) == (len(small) > 1)
    book = load_workbook(BytesIO((pack.folder / "figures.xlsx").read_bytes()))
    assert any("彭科长准予公开" in str(c) for row in book["指标"].iter_rows(values_only=True) for c in row)
    withdraw(home, vault, letter, small[0])
    again = next(f for f in desk.pull().document["figures"] if f["name"] == small[0])
    assert again["public"] == "若干"
    with pytest.raises(UsageError, match="没有指标"):
        allow(home, vault, letter, "nothing", person="彭科长", reason="建议直接问及")


def test_everything_is_on_record(desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Pull, view, trace, export, submission and release by the command line: who, when, what, in one whole chain."""
    home, vault = desk.as_account("dafu")
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
    desk.as_account("shenqian")
    cli.app(["replies", "release", LETTER, pull, "--home", str(home.path)], standalone_mode=False)
    found = entries(home)[before:]
    wanted = ["pull", "pull", "trace", "export", "view", "view", "export", "submit", "release"]
    assert [e["action"] for e in found][: len(wanted)] == wanted
    assert [e["who"] for e in found][-1] == "shenqian"
    assert found[0]["about"] == {"letter": LETTER, "pull": pull, "state": "draft"}
    assert verify(home, vault, anchors(home, vault)) == []
    capfd.readouterr()
    cli.app(["replies", "list", "--json", "--home", str(home.path)], standalone_mode=False)
    line = next(row for row in json.loads(capfd.readouterr().out) if row["pull"] == pull)
    assert (line["state"], line["prepared_by"], line["released_by"]) == ("released", "dafu", "shenqian")
    document = pull_document(home, vault, LETTER, pull)
    assert document["may"] == {"submit": False, "release": False, "return": False}
    assert document["changed_files"] == []
    assert (tmp_path / "figures.xlsx").read_bytes() == (home.replies / LETTER / pull / "figures.xlsx").read_bytes()
