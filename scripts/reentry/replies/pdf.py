"""A Word file as PDF, where LibreOffice is there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from reentry.errors import UsageError
from reentry.replies.letter import REPLIES
from reentry.spill import scratch_folder
from reentry.store import Home

TIMEOUT_SECONDS = 180
CREATED = re.compile(rb"(/CreationDate\(D:)\d{14}")
MARKS = re.compile(rb"([\[\s]<|/DocChecksum /)([0-9A-F]{32})(>|\s)")
PROGRAMS = ("soffice", "libreoffice")


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


def to_pdf(home: Home, documents: dict[str, bytes]) -> dict[str, bytes]:
    """PDFs of Word files, under the same stems, with the same bytes every time; empty without LibreOffice."""
    program = office()
    if program is None:
        return {}
    with scratch_folder(home.path) as folder:
        for document, content in documents.items():
            (folder / document).write_bytes(content)
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
        )
        made = {Path(d).with_suffix(".pdf").name: folder / Path(d).with_suffix(".pdf") for d in documents}
        if missing := [pdf for pdf, path in made.items() if not path.exists()]:
            raise UsageError(f"LibreOffice 没有生成 {missing[0]}：请检查其安装，或卸载后不带 PDF 取数。")
        return {pdf: _still(path.read_bytes()) for pdf, path in made.items()}


def _still(pdf: bytes) -> bytes:
    """Without the time, and with the content's hash for the random marks; lengths stay, so the file stays whole."""
    still = CREATED.sub(rb"\g<1>20000101000000", pdf)
    still = MARKS.sub(lambda found: found[1] + b"0" * len(found[2]) + found[3], still)
    mark = hashlib.sha256(still).hexdigest().upper().encode()
    return MARKS.sub(lambda found: found[1] + mark[: len(found[2])] + found[3], still)


def _run(arguments: list[str], folder: Path) -> str:
    """Runs LibreOffice with a profile of its own."""
    environment = {
        **os.environ,
        "HOME": str(folder),
        "FONTCONFIG_FILE": str(REPLIES / "fonts.conf"),
    }
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    done = subprocess.run(  # noqa: S603 (a program found on the path, with files of our own)
        [arguments[0], profile, *arguments[1:]],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise UsageError(f"LibreOffice 转换失败（{' '.join(done.stderr.split())[-200:]}）：请检查其安装。")
    return done.stdout
