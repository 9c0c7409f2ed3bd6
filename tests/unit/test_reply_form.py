"""The Word file of a letter against the letter form of GB/T 9704-2012, read from its XML; measures in millimetres."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from reentry.replies.document import render
from reentry.replies.form import build_form
from reentry.replies.letter import REPLIES, Letter, load_letter

TWIPS_PER_MM = 1440 / 25.4
HALF_MM = 0.5
WORD_PT = {"小标宋": "方正小标宋简体", "仿宋": "仿宋_GB2312", "黑体": "黑体", "楷体": "楷体_GB2312", "宋体": "宋体"}


@pytest.fixture(scope="module")
def letter() -> Letter:
    """The shipped letter."""
    return load_letter("2025-18070184")


@pytest.fixture(scope="module")
def word(letter: Letter) -> Any:
    """It, filled with anything."""
    return Document(BytesIO(_render(letter)))


def _render(letter: Letter) -> bytes:
    values = dict.fromkeys([*letter.figures, *(f"window.{name}" for name in letter.windows)], "若干")
    return render((REPLIES / letter.template).read_bytes(), letter, values)


def _mm(twips: Any) -> float:
    return int(twips) / TWIPS_PER_MM


def _style(word: Any, style: str) -> Any:
    return next(s for s in word.styles.element.findall(qn("w:style")) if s.get(qn("w:styleId")) == style)


def _font(word: Any, style: str) -> tuple[str, float]:
    """East Asian font and size in points."""
    properties = _style(word, style).find(qn("w:rPr"))
    fonts, size = properties.find(qn("w:rFonts")), properties.find(qn("w:sz"))
    return fonts.get(qn("w:eastAsia")), int(size.get(qn("w:val"))) / 2


def _in_style(word: Any, style: str) -> list[Paragraph]:
    return [p for p in word.paragraphs if p.style.style_id == style]


def test_page_and_text_block(word: Any) -> None:
    """A4; top 37, left 28, text 156 × 225."""
    section = word.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=HALF_MM)
    assert (section.top_margin.mm, section.left_margin.mm) == pytest.approx((37, 28), abs=HALF_MM)
    width = section.page_width.mm - section.left_margin.mm - section.right_margin.mm
    height = section.page_height.mm - section.top_margin.mm - section.bottom_margin.mm
    assert (width, height) == pytest.approx((156, 225), abs=HALF_MM)


def test_22_lines_of_28_characters(word: Any) -> None:
    """Exactly 22 lines fit the block's height, and 28 characters its width, of the grid and of the body's text."""
    section = word.sections[0]
    height = section.page_height.twips - section.top_margin.twips - section.bottom_margin.twips
    width = section.page_width.twips - section.left_margin.twips - section.right_margin.twips
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    assert height // int(grid.get(qn("w:linePitch"))) == 22
    body = _style(word, "Normal")
    spacing = body.find(qn("w:pPr")).find(qn("w:spacing"))
    assert spacing.get(qn("w:lineRule")) == "exact"
    assert height // int(spacing.get(qn("w:line"))) == 22
    closer = int(body.find(qn("w:rPr")).find(qn("w:spacing")).get(qn("w:val")))
    assert width // (16 * 20 + closer) == 28


@pytest.mark.parametrize(
    ("style", "font", "points"),
    [
        ("LetterTitle", "小标宋", 22),
        ("IssuerMark", "小标宋", 42),
        ("Normal", "仿宋", 16),
        ("Salutation", "仿宋", 16),
        ("DocumentNumber", "仿宋", 16),
        ("HeadingOne", "黑体", 16),
        ("HeadingTwo", "楷体", 16),
        ("PageOdd", "宋体", 14),
        ("PageEven", "宋体", 14),
    ],
)
def test_fonts(word: Any, style: str, font: str, points: float) -> None:
    """Title 小标宋 2号, body 仿宋 3号, headings 黑体 and 楷体 3号, page numbers 宋体 4号."""
    assert _font(word, style) == (WORD_PT[font], points)


def test_red_double_lines(word: Any) -> None:
    """170 long in the middle of the page: thick over thin 4 below the issuer's name, thin over thick 20 from below."""
    section = word.sections[0]
    header, footer = section.first_page_header, section.first_page_footer
    assert section.different_first_page_header_footer
    assert section.header_distance.mm == pytest.approx(30, abs=HALF_MM)
    assert section.footer_distance.mm == pytest.approx(20, abs=HALF_MM)
    for paragraph, kind in ((header.paragraphs[0], "thickThinSmallGap"), (footer.paragraphs[0], "thinThickSmallGap")):
        properties = _style(word, paragraph.style.style_id).find(qn("w:pPr"))
        border = properties.find(qn("w:pBdr")).find(qn("w:bottom"))
        assert (border.get(qn("w:val")), border.get(qn("w:color"))) == (kind, "FF0000")
        indent = properties.find(qn("w:ind"))
        left = section.left_margin.mm + _mm(indent.get(qn("w:left")))
        right = section.right_margin.mm + _mm(indent.get(qn("w:right")))
        assert section.page_width.mm - left - right == pytest.approx(170, abs=HALF_MM)
        assert left == pytest.approx(right, abs=HALF_MM)
    gap = _style(word, "IssuerMark").find(qn("w:pPr")).find(qn("w:pBdr")).find(qn("w:bottom")).get(qn("w:space"))
    assert int(gap) / 72 * 25.4 == pytest.approx(4, abs=HALF_MM)


def test_issuer_in_red_and_number_at_the_right(word: Any, letter: Letter) -> None:
    """The name of the issuer heads the first page; the number stands at the right edge under the first line."""
    assert word.sections[0].first_page_header.paragraphs[0].text == letter.issuer
    assert _style(word, "IssuerMark").find(qn("w:rPr")).find(qn("w:color")).get(qn("w:val")) == "FF0000"
    first = word.sections[0].first_page_header.paragraphs[1]
    assert first.text == f"{letter.answer_class}类\t{letter.document_number}"
    tab = _style(word, "DocumentNumber").find(qn("w:pPr")).find(qn("w:tabs")).find(qn("w:tab"))
    assert tab.get(qn("w:val")) == "right"
    assert _mm(tab.get(qn("w:pos"))) == pytest.approx(156, abs=HALF_MM)


def test_page_numbers_from_page_2_outside(word: Any) -> None:
    """None on page 1; odd pages at the right, even ones at the left, between dashes."""
    section = word.sections[0]
    assert "PAGE" not in section.first_page_footer._element.xml
    assert word.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]
        assert ">PAGE<" in paragraph._element.xml
        assert (paragraph.text[0], paragraph.text[-1]) == ("—", "—")
        align = _style(word, paragraph.style.style_id).find(qn("w:pPr")).find(qn("w:jc"))
        assert align.get(qn("w:val")) == side


def test_title_headings_and_date(word: Any, letter: Letter) -> None:
    """The title in the middle, headings of both levels in their fonts, the date in Arabic figures under the issuer."""
    assert "\n".join(p.text for p in _in_style(word, "LetterTitle")) == letter.heading
    assert [p.text[:2] for p in _in_style(word, "HeadingOne")] == ["一、", "二、", "三、"]
    runs = [r for p in word.paragraphs for r in p.runs if r.text and r._element.rPr is not None]
    leads = [r.text for r in runs if r._element.rPr.style == "HeadingTwo"]
    assert leads[0] == "（一）打牢工作基础。"
    assert all(lead.startswith("（") and lead.endswith("。") for lead in leads)
    assert [p.text for p in _in_style(word, "SignatureDate")] == ["2025年6月19日"]
    assert [p.text for p in _in_style(word, "Signature")] == [letter.issuer]
    assert "{{" not in "".join(p.text for p in word.paragraphs)


def test_same_bytes_every_time(letter: Letter) -> None:
    """No clock, no order of chance, nothing compressed; the template that is checked in is the one the code makes."""
    made = _render(letter)
    assert made == _render(letter)
    with ZipFile(BytesIO(made)) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert (REPLIES / letter.template).read_bytes() == build_form()
