"""A past pull rebuilt from the warehouse as it was known, with the definitions, letter and template of its day.

Byte for byte; or what prevents it, and what has changed since.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from reentry import faults
from reentry.basis import Basis, read_basis, rebuilt
from reentry.errors import UsageError
from reentry.figures.window import Window
from reentry.replies.figures import Printed, pull_figures
from reentry.replies.fonts import fonts_said
from reentry.replies.letter import parse_letter
from reentry.replies.pack import (
    CELLS,
    LETTER_FILE,
    PDFS,
    TEMPLATE_FILE,
    Content,
    Pack,
    compose,
    read_pack,
    write_files,
)
from reentry.replies.past import BASIS_FILE, KEPT, MACHINE, PULL_FILE
from reentry.replies.pdf import fonts_here, office_version, to_pdf
from reentry.replies.programs import changed_programs
from reentry.replies.public_letter import Hidden, PublicVersion
from reentry.spill import scratch_folder
from reentry.store import Home, attach, attach_when_free, memory_connection
from reentry.vault import Vault


@dataclass(frozen=True)
class Again:
    """A rebuilt pull: its files, which of them are as they were frozen, and in sentences why others are not."""

    pack: Pack
    files: dict[str, bytes]
    identical: list[str]
    reasons: list[str]


def rebuild(home: Home, vault: Vault, letter: str, pull: str) -> Again:
    """Rebuilds a pull; UsageError when what it needs is not there or was tampered with."""
    pack = read_pack(home, letter, pull)
    tampered = _tampered(pack)
    if kept := [name for name in tampered if name.startswith(f"{KEPT}/")]:
        raise UsageError(f"取数 {pull} 的 {kept[0]} 与封存时不同，无法重建：请从备份恢复该文件。")
    basis_file = pack.folder / KEPT / BASIS_FILE
    basis = read_basis(home, basis_file, vault)
    missing = _missing_batches(home, vault, basis_file)
    if missing:
        raise UsageError(
            f"取数 {pull} 所依据的文件不在数据仓库中或内容不同，无法重建：{missing}。请恢复当时的数据仓库。"
        )
    kept_pull = json.loads((pack.folder / KEPT / PULL_FILE).read_text(encoding="utf-8"))
    content = _content(home, vault, pack, basis, basis_file, kept_pull)
    files = compose(content)
    reasons = [f"{name} 在封存后被改动" for name in tampered]
    reasons += _figures_that_differ(pack, content.figures)
    if kept_pull["office"] != office_version(home):
        reasons += _no_pdf(pack, kept_pull["office"], office_version(home) or "没有安装 LibreOffice")
    elif content.fonts != fonts_here(content.printing):
        reasons += _no_pdf(pack, fonts_said(content.fonts), fonts_said(fonts_here(content.printing)))
    else:
        files |= to_pdf(home, {name: files[name] for name in PDFS}, printing=content.printing)
    if not any(name.endswith(".pdf") for name in files):
        files |= {p.name: p.read_bytes() for p in pack.folder.glob("*.pdf")}
    files[MACHINE] = _machine(home, content, files, pack)
    identical = [name for name, data in files.items() if (pack.folder / name).read_bytes() == data]
    if len(identical) < len(files):
        reasons += changed_programs(kept_pull["programs"])
        reasons = reasons or ["依据、口径和程序都没有变，内容却不同：请保留现场并报告"]
    return Again(pack, files, sorted(identical), reasons)


def _tampered(pack: Pack) -> list[str]:
    """Files of the pack that are not what ``figures.json`` says."""
    return [
        name
        for name, sha256 in pack.document["files"].items()
        if not (pack.folder / name).is_file() or hashlib.sha256((pack.folder / name).read_bytes()).hexdigest() != sha256
    ]


def _missing_batches(home: Home, vault: Vault, basis_file: Path) -> str:
    """The first file that the pull knew and the warehouse does not have, or not with the same content; or nothing."""
    con = memory_connection(home)
    try:
        attach_when_free(con, home.warehouse, "warehouse", vault, write=False)
        attach(con, basis_file, "basis", vault, write=False)
        row = con.execute(
            "select file_name from basis.landing.batches as kept where not exists (select 1 from"
            " warehouse.landing.batches as there where there.batch_id = kept.batch_id and there.sha256 = kept.sha256)"
            " order by batch_id limit 1"
        ).fetchone()
        return row[0] if row else ""
    finally:
        con.close()


def _content(home: Home, vault: Vault, pack: Pack, basis: Basis, basis_file: Path, kept: dict[str, Any]) -> Content:
    source = (pack.folder / KEPT / LETTER_FILE).read_text(encoding="utf-8")
    letter = parse_letter(pack.letter, source, file=f"{pack.pull}/{LETTER_FILE}")
    windows = {}
    for name, days in kept["windows"].items():
        first, last, as_of = (date.fromisoformat(day) for day in days)
        windows[name] = Window(first, last, as_of, basis.known_at)
    try:
        with rebuilt(home, vault, basis_file, basis) as version:
            figures = pull_figures(version, letter, windows)
    except duckdb.Error as error:
        if faults.is_damage(error) or faults.disk_fault(error):
            raise
        said = f"取数 {pack.pull} 当时的口径在现在的数据仓库上不能运行，无法重建：现在的表与当时不同。"
        raise UsageError(said) from error
    if kept.get("cells", 1) < CELLS:  # what cells say now and did not then
        figures = [replace(p, cell={k: v for k, v in p.cell.items() if k != "change_points"}) for p in figures]
    template = (pack.folder / KEPT / TEMPLATE_FILE).read_bytes()
    hidden = {name: Hidden(**said) for name, said in kept["hidden"].items()}
    public = PublicVersion(hidden, kept.get("public_cells", []))
    printing, fonts = kept.get("printing", 1), kept.get("fonts", {})
    return Content(
        letter, template, pack.pull, windows, figures, public, basis, kept["changes"], printing=printing, fonts=fonts
    )


def _figures_that_differ(pack: Pack, figures: list[Printed]) -> list[str]:
    frozen = {f["name"]: f for f in pack.document["figures"]}
    return [
        f"指标 {p.name}（{p.cell['name_zh']}）重建为 {p.cell['value']}，封存时为 {frozen[p.name]['value']}："
        "入库的行此后被重新检查过"
        for p in figures
        if json.loads(json.dumps(p.cell)) != {key: frozen[p.name].get(key) for key in p.cell}
    ]


def _no_pdf(pack: Pack, then: str | None, now: str) -> list[str]:
    if not list(pack.folder.glob("*.pdf")):
        return []
    return [f"PDF 未重建：封存时由 {then} 生成，本机为 {now}；其余文件不受影响"]


def _machine(home: Home, content: Content, files: dict[str, bytes], pack: Pack) -> bytes:
    with scratch_folder(home.path) as folder:
        shutil.copytree(pack.folder / KEPT, folder / KEPT)
        write_files(content, files, folder)
        return (folder / MACHINE).read_bytes()
