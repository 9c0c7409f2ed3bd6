"""The PDF of a letter says every character of its Word file, in the simplified face of the font that was asked for.

Oracles: the Word file's text is read from its XML, the PDF's by pypdf; outlines are compared with the font's own file.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx.oxml import parse_xml
from fontTools.pens.boundsPen import BoundsPen
from fontTools.t1Lib import T1Font
from fontTools.ttLib import TTCollection, TTFont
from pypdf import PdfReader

from long import sample
from reentry.errors import UsageError
from reentry.replies import pdf
from reentry.replies.document import render
from reentry.replies.fonts import CONFIGURATIONS, fonts_of, fonts_said
from reentry.replies.frozen_zip import pack_parts
from reentry.replies.letter import REPLIES, Letter, load_letter
from reentry.replies.pdf import PRINTING, office, to_pdf
from reentry.store import Home

SHIPPED = ("2025-18070184", "2025-zx-0126")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = re.compile(r"\s+")
WORDS = "安置帮教对象衔接落实救助就业走访双列管风险防控一人策区镇街司法所部门年季度直骨角令化复返将社今"
MARKS = "，。；：、？！”）》〕"
OPENING = {"”": "“", "）": "（", "》": "《", "〕": "〔"}


def filled(letter: Letter, value: str) -> bytes:
    """A letter's Word file with one value in every placeholder."""
    values = dict.fromkeys([*letter.figures, *(f"window.{name}" for name in letter.windows)], value)
    return render((REPLIES / letter.template).read_bytes(), letter, values)


def made_up(chance: random.Random) -> Letter:
    """A letter of paragraphs of any length, with marks, figures and Latin letters anywhere: any of them ends a line."""
    lines = []
    for number in range(chance.randint(4, 12)):
        parts = []
        for _ in range(chance.randint(3, 20)):
            said = "".join(chance.choices(WORDS, k=chance.randint(1, 27)))
            mark = chance.choice(MARKS)
            figure = chance.choice(["", "", f"{chance.randint(1, 99999)}", f"{chance.random() * 100:.1f}%", "A类", "—"])
            parts.append(f"{OPENING.get(mark, '')}{said}{figure}{mark}")
        lines.append(("一、二、三、（一）（二）"[number * 2 : number * 2 + 2] if number < 3 else "") + "".join(parts))
    return replace(load_letter(SHIPPED[0]), text="\n".join(lines), figures={}, windows={})


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, bytes]]:
    """Name → Word file and PDF, of the shipped letters and of made-up ones; empty without LibreOffice."""
    word = {
        f"{name}.docx": filled(load_letter(name), "同比下降55.3%（人数较少，变化不具统计显著性）") for name in SHIPPED
    }
    for seed in range(sample(6, 50)):
        letter = made_up(random.Random(seed))
        word[f"made-{seed}.docx"] = render((REPLIES / letter.template).read_bytes(), letter, {})
    made = to_pdf(Home(tmp_path_factory.mktemp("pdf")), word)
    assert bool(made) == (office() is not None)
    return {name: (word[name.replace(".pdf", ".docx")], content) for name, content in made.items()}


def words_of(word: bytes) -> str:
    """What the first page's header and the body of a Word file say, without white space."""
    with ZipFile(BytesIO(word)) as archive:
        relations = parse_xml(archive.read("word/_rels/document.xml.rels"))
        targets = {r.get("Id"): r.get("Target") for r in relations}
        body = parse_xml(archive.read("word/document.xml"))
        first = next(e for e in body.iter(f"{W}headerReference") if e.get(f"{W}type") == "first")
        key = next(value for name, value in first.attrib.items() if name.endswith("}id"))
        header = parse_xml(archive.read(f"word/{targets[key]}"))
    return SPACE.sub("", "".join(e.text or "" for part in (header, body) for e in part.iter(f"{W}t")))


def pages_of(content: bytes) -> str:
    """What the pages of a PDF say, without white space and page numbers."""
    said = []
    for number, page in enumerate(PdfReader(BytesIO(content)).pages, 1):
        text = SPACE.sub("", page.extract_text())
        mark = f"—{number}—"
        if number > 1:
            assert text.startswith(mark) or text.endswith(mark)
            text = text.removeprefix(mark) if text.startswith(mark) else text.removesuffix(mark)
        said.append(text)
    return "".join(said)


def test_every_character_of_the_word_file(letters: dict[str, tuple[bytes, bytes]]) -> None:
    """Character by character: no mark at the end of a line is lost, nothing is doubled, nothing moves."""
    for name, (word, content) in letters.items():
        assert pages_of(content) == words_of(word), name


def test_release_0_1_0_lost_a_comma(tmp_path: Path) -> None:
    """Packs of 0.1.0 are printed as they were: the comma of a full line is still missing, in fonts named as then."""
    word = filled(load_letter(SHIPPED[0]), "2050")
    made = to_pdf(Home(tmp_path), {"old.docx": word}, printing=1)
    for content in made.values():
        assert len(pages_of(content)) == len(words_of(word)) - 1
        assert b"CJKjp-" in content or b"CJK" not in content


@cache
def outlines_of(font: str) -> tuple[Any, dict[int, str]]:
    """The glyphs of an installed font, and character → glyph of that font's own face."""
    said = subprocess.run(
        ["fc-match", "-f", "%{file}\t%{index}", font], capture_output=True, text=True, check=True
    ).stdout.split("\t")
    is_collection = said[0].endswith(".ttc")
    face: Any = TTCollection(said[0], lazy=True).fonts[int(said[1])] if is_collection else TTFont(said[0], lazy=True)
    return face.getGlyphSet(), face.getBestCmap()


def drawn(content: bytes, folder: Path) -> Iterator[tuple[str, str, Any]]:
    """Name of the embedded font, character, and the box around its outline (None for a space), of every glyph."""
    for page in PdfReader(BytesIO(content)).pages:
        resources: Any = page["/Resources"]
        for reference in resources["/Font"].values():
            said: Any = reference.get_object()
            codes = re.findall(r"<(\w\w)> <(\w{4})>\n", said["/ToUnicode"].get_object().get_data().decode())
            (folder / "font.pfa").write_bytes(said["/FontDescriptor"]["/FontFile"].get_object().get_data())
            font = T1Font(str(folder / "font.pfa"))
            names = font["Encoding"]
            glyphs = font.getGlyphSet()
            for code, character in codes:
                pen = BoundsPen(glyphs)
                glyphs[names[int(code, 16)]].draw(pen)
                yield said["/BaseFont"], chr(int(character, 16)), pen.bounds


def test_every_glyph_is_that_of_the_simplified_face(letters: dict[str, tuple[bytes, bytes]], tmp_path: Path) -> None:
    """Where Noto is set: every outline is the one that the SC face has for its character, and no empty box."""
    seen = 0
    for name in [f"{name}.pdf" for name in SHIPPED if letters]:
        for font, character, bounds in drawn(letters[name][1], tmp_path):
            found = re.search(r"Noto(Serif|Sans)CJK(..)-", font)
            if not found:  # an official font is installed
                continue
            assert found[2] == "sc"
            glyphs, cmap = outlines_of(f"Noto {found[1]} CJK SC")
            pen = BoundsPen(glyphs)
            glyphs[cmap[ord(character)]].draw(pen)
            assert bounds == pytest.approx(pen.bounds, abs=2) if pen.bounds else bounds is None, character
            seen += 1
    assert seen > 300 or not letters or "Noto" not in fonts_said(fonts_of(PRINTING))


def test_a_fangsong_is_used_where_one_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the fonts a machine has, the first that the configuration accepts; the line says which; none is refused."""
    there = {"仿宋_GB2312": "FangSong,仿宋", "黑体": "黑体,SimHei"}

    def match(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, there.get(command[-1], "Noto Serif CJK SC"), "")

    monkeypatch.setattr(subprocess, "run", match)
    assert set(CONFIGURATIONS) == set(range(1, PRINTING + 1))
    said = fonts_said(fonts_of(PRINTING))
    assert "仿宋_GB2312 用 仿宋" in said and "；黑体；" in said and "宋体 用 Noto Serif CJK SC" in said
    there["宋体"] = "DejaVu Sans"
    with pytest.raises(UsageError, match=r"宋体.*fonts-noto-cjk"):
        fonts_of(PRINTING)


def test_a_word_file_that_says_otherwise_is_printed_within_its_lines() -> None:
    """Whatever a template says of marks beyond the line, the copy that is printed keeps them in."""
    word = filled(load_letter(SHIPPED[1]), "1")
    with ZipFile(BytesIO(word)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    body = parts["word/document.xml"]
    parts["word/document.xml"] = body.replace(b"<w:pPr>", b'<w:pPr><w:overflowPunct w:val="0"/>', 3)
    with ZipFile(BytesIO(pdf._within_lines(pack_parts(parts)))) as archive:
        assert archive.read("word/document.xml") == body
        styles = parse_xml(archive.read("word/styles.xml"))
    (said,) = styles.iter(f"{W}overflowPunct")
    assert said.get(f"{W}val") == "1"
    assert styles.find(f"{W}docDefaults/{W}pPrDefault/{W}pPr/{W}overflowPunct") is said
