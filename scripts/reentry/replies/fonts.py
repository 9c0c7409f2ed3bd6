"""What a PDF is set in: the font of this machine for each official font that a letter names."""

from __future__ import annotations

import os
import re
import subprocess

from reentry.errors import UsageError
from reentry.replies.letter import REPLIES

CONFIGURATIONS = {1: "fonts-1.conf", 2: "fonts.conf"}  # by printing version
ALIAS = re.compile(r"<alias[^>]*><family>([^<]*)</family><accept>(.*?)</accept></alias>")
FAMILY = re.compile(r"<family>([^<]*)</family>")
# The faces of a collection share one table of outlines, which is called after its Japanese face: LibreOffice writes
# that name whichever face it has set. The simplified one has a name of the same length.
SHARED_NAME = re.compile(rb"(/(?:BaseFont|FontName) ?/[A-Z]{6}\+Noto(?:Serif|Sans)CJK)jp(-)")
SIMPLIFIED = re.compile(r"Noto (?:Serif|Sans) CJK SC")


def environment(printing: int) -> dict[str, str]:
    """The environment in which programs find the fonts of a printing version."""
    return {**os.environ, "FONTCONFIG_FILE": str(REPLIES / CONFIGURATIONS[printing])}


def fonts_of(printing: int) -> dict[str, str]:
    """Official font → the one that is set in its place here; UsageError where that is none with Chinese characters."""
    text = (REPLIES / CONFIGURATIONS[printing]).read_text(encoding="utf-8")
    return {
        official: _font(official, [official, *FAMILY.findall(accepted)], printing)
        for official, accepted in ALIAS.findall(text)
    }


def fonts_said(fonts: dict[str, str]) -> str:
    """The fonts in one line."""
    return "；".join(name if name == used else f"{name} 用 {used}" for name, used in fonts.items())


def name_face(pdf: bytes, fonts: dict[str, str]) -> bytes:
    """The PDF with the name of the face that is set; a file of the same length."""
    return SHARED_NAME.sub(rb"\1sc\2", pdf) if any(SIMPLIFIED.fullmatch(font) for font in fonts.values()) else pdf


def _font(official: str, accepted: list[str], printing: int) -> str:
    done = subprocess.run(  # noqa: S603
        ["fc-match", "-f", "%{family}", official],  # noqa: S607
        env=environment(printing),
        capture_output=True,
        text=True,
        check=True,
    )
    there = done.stdout.split(",")
    found = next((name for name in accepted if name in there), None)
    if found is None:
        raise UsageError(f"没有可以排印 {official} 的中文字体，PDF 会缺字：请由管理员安装 fonts-noto-cjk，再重新取数。")
    return found
