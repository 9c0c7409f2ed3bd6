"""One that fails stops none of the others: a page of a print, a letter of a check, a slip of an agency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reentry import cli
from reentry.dashboards import printing
from reentry.errors import ReentryError, UsageError
from reentry.fates import OneFailedError
from reentry.replies import check_letter
from reentry.replies import letter as letter_module
from reentry.slips import of_agencies
from reentry.slips.of_agencies import Finding, write_slips
from reentry.store import Home
from reentry.vault import Vault, open_vault


@dataclass
class Pages:
    """The pages of an account; ``tried`` those that were printed."""

    tried: list[str] = field(default_factory=list)

    def pages(self) -> list[tuple[str, str]]:
        """Slug and title."""
        return [("overview", "总览"), ("risk", "风险管控"), ("support", "救助帮扶")]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Of a new home."""
    return open_vault(tmp_path / "home", create=True)


@pytest.mark.parametrize(
    ("error", "said", "status"),
    [(ValueError("x"), "internal error", 1), (UsageError("the tile 红色 did not load"), "did not load", 2)],
)
def test_a_page_of_a_print(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, status: int
) -> None:
    """The pages before and after it are made, and the error names it."""
    session = Pages()

    def fake(session: Any, slug: str, out: Path, progress: Callable[[str], None]) -> Iterator[Path]:
        del progress
        session.tried.append(slug)
        if slug == "risk":
            raise error
        yield out / f"{slug}.png"

    monkeypatch.setattr(printing, "_print", fake)
    monkeypatch.setattr(printing, "_account", lambda *_: ("qulingdao", "secret"))
    monkeypatch.setattr(printing, "_server", lambda *_: nullcontext("http://here"))
    monkeypatch.setattr(printing, "log_in", lambda *_: session)
    out = tmp_path / "out"
    with pytest.raises(OneFailedError, match=f"page risk: .*{said}") as failed:
        printing.print_pages(
            Home(tmp_path / "home"), vault, out, account=None, address=None, only=[], progress=lambda _: None
        )
    assert session.tried == ["overview", "risk", "support"]
    assert failed.value.made == [out / "overview.png", out / "support.png"]
    assert failed.value.exit_status == status


def test_a_letter_of_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are judged and said to be in order."""

    def fake(home: Home, name: str) -> int:
        del home
        if name == "b":
            raise KeyError(name)
        return 3

    monkeypatch.setattr(letter_module, "letter_names", lambda: ["a", "b", "c"])
    monkeypatch.setattr(check_letter, "check_letter", fake)
    monkeypatch.setattr("reentry.replies.new_letter.unfilled", lambda _: [])
    with pytest.raises(ReentryError, match="letter b: "):
        cli.app(["letters", "check", "--home", str(tmp_path)], standalone_mode=False)
    said = capsys.readouterr().out
    assert [line[0] for line in said.splitlines()] == ["a", "c"]


def test_a_slip_of_an_agency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slips of the others lie in the folder."""
    day = date(2025, 6, 1)
    findings = [
        Finding(agency, None, "B9", "block", "a.csv", None, None, None, None, "m", day, 1, 1, None, None)
        for agency in ("hr", "justice", "police")
    ]
    whole = of_agencies._workbook

    def fake(agency_zh: str, *values: Any, **named: Any) -> bytes:
        if agency_zh == "司法局":
            raise ValueError(agency_zh)
        return whole(agency_zh, *values, **named)

    monkeypatch.setattr(of_agencies, "_workbook", fake)
    monkeypatch.setattr(of_agencies, "read_findings", lambda *_: findings)
    version: Any = SimpleNamespace(known_at=day)
    with pytest.raises(OneFailedError, match="slip 司法局: internal error"):
        write_slips(version, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "问题清单_人社_20250601.xlsx",
        "问题清单_公安_20250601.xlsx",
    ]
