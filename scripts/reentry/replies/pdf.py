"""A Word file as PDF, where LibreOffice is there.

Printing versions: 1 is that of release 0.1.0, whose packs are rebuilt with it; 2 sets every punctuation mark within the
lines.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from reentry.errors import UsageError
from reentry.replies.fonts import environment, fonts_of, name_face
from reentry.replies.frozen_zip import pack_parts
from reentry.spill import scratch_folder
from reentry.store import Home

PRINTING = 2  # the version of packs made now
TIMEOUT_SECONDS = 180
CREATED = re.compile(rb"(/CreationDate\(D:)\d{14}")
STYLES = "word/styles.xml"
MARKS = re.compile(rb"([\[\s]<|/DocChecksum /)([0-9A-F]{32})(>|\s)")
PROGRAMS = ("soffice", "libreoffice")
HANGS = re.compile(rb"<w:overflowPunct\b[^>]*/>")
DEFAULTS = re.compile(rb"<w:pPrDefault\s*/>|<w:pPrDefault>\s*<w:pPr\s*/>\s*</w:pPrDefault>")
PARAGRAPH_DEFAULTS = re.compile(rb"(<w:pPrDefault>\s*<w:pPr>)")


WITHOUT_OFFICE = (
    "没有生成 PDF：本机未安装 LibreOffice。Word 文件和指标表不受影响；需要 PDF 时由管理员执行"
    " apt-get install libreoffice-writer-nogui，再重新取数。"
)


def office() -> str | None:
    """Where LibreOffice is; None when it is not installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def office_version(home: Home) -> str | None:
    """Its version, such as ``LibreOffice 7.4.7.2``; None when it is not installed."""
    program = office()
    if program is None:
        return None
    with scratch_folder(home.path) as folder:
        said = _run([program, "--version"], folder)
    return " ".join(said.split()[:2])


def fonts_here(printing: int = PRINTING) -> dict[str, str]:
    """Official font → what PDFs are set in here; empty without LibreOffice and in version 1, which kept none."""
    return fonts_of(printing) if printing > 1 and office() is not None else {}


def to_pdf(home: Home, documents: dict[str, bytes], *, printing: int = PRINTING) -> dict[str, bytes]:
    """PDFs of Word files, under the same stems, with the same bytes every time; empty without LibreOffice."""
    program = office()
    if program is None:
        return {}
    with scratch_folder(home.path) as folder:
        for document, content in documents.items():
            (folder / document).write_bytes(content if printing == 1 else _within_lines(content))
        fonts = fonts_here(printing)
        _run(
            [
                program,
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                str(folder),
                *(str(folder / d) for d in documents),
            ],
            folder,
            printing,
        )
        made = {Path(d).with_suffix(".pdf").name: folder / Path(d).with_suffix(".pdf") for d in documents}
        if missing := [pdf for pdf, path in made.items() if not path.exists()]:
            raise UsageError(f"LibreOffice 没有生成 {missing[0]}：请检查其安装，或卸载后不带 PDF 取数。")
        return {pdf: _still(name_face(path.read_bytes(), fonts)) for pdf, path in made.items()}


def _within_lines(word: bytes) -> bytes:
    """The Word file with no punctuation mark beyond the end of a line: LibreOffice loses it there.

    It reads ``overflowPunct`` the wrong way round: what lets Word set a mark there keeps LibreOffice from it.
    """
    with ZipFile(BytesIO(word)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts = {
        n: HANGS.sub(b"", part) if n.startswith("word/") and n.endswith(".xml") else part for n, part in parts.items()
    }
    styles = DEFAULTS.sub(b"<w:pPrDefault><w:pPr></w:pPr></w:pPrDefault>", parts[STYLES])
    if b"<w:pPrDefault>" not in styles:
        styles = styles.replace(b"</w:docDefaults>", b"<w:pPrDefault><w:pPr></w:pPr></w:pPrDefault></w:docDefaults>")
    parts[STYLES] = PARAGRAPH_DEFAULTS.sub(rb'\1<w:overflowPunct w:val="1"/>', styles)
    return pack_parts(parts)


def _still(pdf: bytes) -> bytes:
    """Without the time, and with the content's hash for the random marks; lengths stay, so the file stays whole."""
    still = CREATED.sub(rb"\g<1>20000101000000", pdf)
    still = MARKS.sub(lambda found: found[1] + b"0" * len(found[2]) + found[3], still)
    mark = hashlib.sha256(still).hexdigest().upper().encode()
    return MARKS.sub(lambda found: found[1] + mark[: len(found[2])] + found[3], still)


def _run(arguments: list[str], folder: Path, printing: int = PRINTING) -> str:
    """Runs LibreOffice with a profile of its own."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    done = subprocess.run(  # noqa: S603 (a program found on the path, with files of our own)
        [arguments[0], profile, *arguments[1:]],
        env={**environment(printing), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise UsageError(f"LibreOffice 转换失败（{' '.join(done.stderr.split())[-200:]}）：请检查其安装。")
    return done.stdout
