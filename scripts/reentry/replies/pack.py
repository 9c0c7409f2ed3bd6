"""A reply pack: the letter, its public version, its figures as a workbook and for machines; frozen once it is made.

A pull's folder is ``<home>/replies/<letter>/<pull>/``. Beside what goes out, ``kept/`` holds all that its rebuild
needs: the letter's file, the template, the basis of the version (encrypted), and ``pull.json``.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reentry.account import Account
from reentry.basis import Basis, read_basis
from reentry.errors import GateError, UsageError
from reentry.figures.published import Version, open_version
from reentry.figures.window import Window
from reentry.replies import allowed, states
from reentry.replies.causes import Now, changes_since
from reentry.replies.decisions import remove
from reentry.replies.document import render
from reentry.replies.figures import Printed, pull_figures, texts
from reentry.replies.letter import REPLIES, Letter, load_letter, template_path
from reentry.replies.past import BASIS_FILE, KEPT, MACHINE, PULL_FILE, list_pulls
from reentry.replies.pdf import PRINTING, fonts_here, office_version, to_pdf
from reentry.replies.periods import letter_windows
from reentry.replies.programs import programs
from reentry.replies.public_letter import PublicVersion, public_version
from reentry.replies.report import figures_json, figures_workbook
from reentry.store import Home
from reentry.vault import Vault

REPLY, PUBLIC, WORKBOOK = "reply.docx", "reply-public.docx", "figures.xlsx"
PDFS = (REPLY, PUBLIC)  # also as PDF, where LibreOffice is there
CELLS = 2  # raised when cells of figures.json say more than before; a rebuild leaves out what they did not say then
LETTER_FILE, TEMPLATE_FILE = "letter.yml", "template.docx"


@dataclass(frozen=True)
class Content:
    """All that the files of a pack are made of."""

    letter: Letter
    template: bytes
    pull: str
    windows: dict[str, Window]
    figures: list[Printed]
    public: PublicVersion
    basis: Basis
    changes: list[dict[str, Any]]
    printing: int = PRINTING
    fonts: dict[str, str] = field(default_factory=dict)  # official font → what the PDFs are set in


@dataclass(frozen=True)
class Pack:
    """A pull that is there: its folder and what ``figures.json`` says."""

    letter: str
    pull: str
    folder: Path
    document: dict[str, Any]


def make_pack(
    home: Home,
    vault: Vault,
    name: str,
    *,
    account: Account,
    starts_on: date | None = None,
    ends_on: date | None = None,
    as_of: date | None = None,
    folder: Path = REPLIES,
) -> Pack:
    """Pulls a letter's figures from the published version and freezes the pack in the home, as a draft of the account.

    UsageError for a wrong letter or when nothing is published; GateError while a gate is broken.
    """
    letter = load_letter(name, folder)
    allowed.check_can_pull(home, vault, letter, account)
    seen = states.seen_now(home, vault, name)
    template = template_path(letter, folder).read_bytes()
    if home.broken_gate.exists():
        said = home.broken_gate.read_text(encoding="utf-8").strip()
        raise GateError(f"有质量关卡未通过，暂不能取数答复，请先处理并重新刷新：{said}")
    with open_version(home, vault) as version:
        windows = letter_windows(letter, version.known_at, starts_on=starts_on, ends_on=ends_on, as_of=as_of)
        figures = pull_figures(version, letter, windows)
        basis_file = _basis_of(home, version)
        public = public_version(home, vault, version, letter, figures)
    basis = read_basis(home, basis_file, vault)
    pull = states.next_pull(home, vault, name, basis.known_at)
    changes = changes_since(home, vault, Now(name, figures, basis, basis_file))
    content = Content(letter, template, pull, windows, figures, public, basis, changes, fonts=fonts_here())
    draft = _write_draft(home, content, basis_file)
    states.begin(home, vault, name, pull, draft, account=account, seen=seen)
    return read_pack(home, name, pull)


def read_pack(home: Home, letter: str, pull: str) -> Pack:
    """A pull that is there; UsageError when it is not."""
    folder = home.replies / letter / pull
    if pull not in list_pulls(home, letter):
        raise UsageError(f"答复 {letter} 没有取数 {pull}：现有 {'、'.join(list_pulls(home, letter)) or '无'}。")
    return Pack(letter, pull, folder, json.loads((folder / MACHINE).read_text(encoding="utf-8")))


def compose(content: Content) -> dict[str, bytes]:
    """The files that go out, without PDFs and ``figures.json``: the same bytes for the same content."""
    values = texts(content.figures, content.windows)
    shown = values | {name: hidden.text for name, hidden in content.public.hidden.items()}
    return {
        REPLY: render(content.template, content.letter, values),
        PUBLIC: render(content.template, content.letter, shown),
        WORKBOOK: figures_workbook(content),
    }


def write_files(content: Content, files: dict[str, bytes], folder: Path) -> None:
    """Writes the files into ``folder``, and ``figures.json`` with the hash of every file that is there."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    there = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MACHINE)
    hashes = {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in there}
    (folder / MACHINE).write_bytes(figures_json(content, hashes))


def _basis_of(home: Home, version: Version) -> Path:
    path = home.basis(version.build_id)
    if not path.exists():
        raise UsageError("已发布的版本由旧版程序生成，没有保存重建依据：请先运行 reentry refresh 收件目录。")
    return path


def _write_draft(home: Home, content: Content, basis_file: Path) -> Path:
    """Writes everything, read-only and lasting, into a folder beside its place."""
    place = home.replies / content.letter.name
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    draft = Path(tempfile.mkdtemp(prefix=f".{content.pull}.{os.getpid()}-", dir=place))
    draft.chmod(0o750)
    try:
        (draft / KEPT).mkdir()
        _keep(home, content, draft / KEPT, basis_file)
        files = compose(content)
        files |= to_pdf(home, {name: files[name] for name in PDFS}, printing=content.printing)
        write_files(content, files, draft)
        for path in draft.rglob("*"):
            if path.is_file():
                _fsync(path)
                path.chmod(0o440)
    except BaseException:
        remove(draft)
        raise
    return draft


def _sweep(place: Path) -> None:
    """Removes what processes left that were killed while they wrote a pack."""
    for draft in place.glob(".*"):
        process = draft.suffix.lstrip(".").partition("-")[0]
        if draft.is_dir() and process.isdigit() and not Path("/proc", process).exists():
            remove(draft)


def _keep(home: Home, content: Content, kept: Path, basis_file: Path) -> None:
    (kept / LETTER_FILE).write_text(content.letter.source, encoding="utf-8")
    (kept / TEMPLATE_FILE).write_bytes(content.template)
    os.link(basis_file, kept / BASIS_FILE)
    document = {
        "pulled_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "windows": {n: [str(w.starts_on), str(w.ends_on), str(w.as_of)] for n, w in content.windows.items()},
        "hidden": {name: asdict(hidden) for name, hidden in content.public.hidden.items()},
        "public_cells": content.public.cells,
        "changes": content.changes,
        "office": office_version(home),
        "printing": content.printing,
        "fonts": content.fonts,
        "programs": programs(),
        "cells": CELLS,
    }
    (kept / PULL_FILE).write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def copy_out(files: dict[str, bytes], folder: Path) -> None:
    """Writes what goes out into a folder of its own, whole; UsageError when there is something in it already."""
    _sweep_copies(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft.mkdir()
    for name, data in files.items():
        (draft / name).write_bytes(data)
    try:
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft)
        raise UsageError(f"{folder} 已有内容，不会覆盖：请换一个目录。") from error


def _sweep_copies(folder: Path) -> None:
    """Removes what a killed process left of a copy to the same folder."""
    for draft in folder.parent.glob(f".{glob.escape(folder.name)}.*"):
        process = draft.suffix.lstrip(".")
        if draft.is_dir() and process.isdigit() and not Path("/proc", process).exists():
            shutil.rmtree(draft)


def outgoing(pack: Pack) -> dict[str, bytes]:
    """The files of a pack that go out, without what is kept for its rebuild."""
    return {path.name: path.read_bytes() for path in sorted(pack.folder.iterdir()) if path.is_file()}
