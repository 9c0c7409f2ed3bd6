"""A letter's Word file: its template filled with printed figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from reentry.replies.form import CHAR
from reentry.replies.frozen_zip import frozen_zip
from reentry.replies.letter import PLACEHOLDER, Letter

FIELDS = ("issuer", "answer_class", "document_number", "heading", "deputy", "paragraphs", "signature", "date", "note")
HEADING_ONE = re.compile(r"[一二三四五六七八九十]+、")
HEADING_TWO = re.compile(r"（[一二三四五六七八九十]+）")
MARK_POINTS, MARK_WIDTH = 42, 481  # the issuer's name: largest size, and the width it may take, in points
DATE_FROM_RIGHT = 4  # characters


@dataclass(frozen=True)
class Paragraph:
    """One paragraph: level 1 is a heading; ``lead`` is the part of a second-level heading."""

    level: int
    lead: str
    text: str


def fill(letter: Letter, values: dict[str, str]) -> str:
    """The letter's text with a value in every placeholder."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], letter.text)


def check_template(letter: Letter, template: bytes) -> None:
    """UsageError when the template lacks a field that a letter has, or asks for one that no letter has."""
    asked = _open(letter, template).get_undeclared_template_variables()
    for field in FIELDS:
        if field not in asked:
            raise letter.marked.wrong(
                ("template",), f"模板 {letter.template} 缺少字段 {{{{ {field} }}}}：请在模板中补上。"
            )
    for field in sorted(asked - set(FIELDS)):
        raise letter.marked.wrong(
            ("template",), f"模板 {letter.template} 中的 {{{{ {field} }}}} 不是答复的字段：请改正。"
        )


def render(template: bytes, letter: Letter, values: dict[str, str]) -> bytes:
    """The letter as a Word file; ``values`` holds the printed words of every placeholder. Same bytes every time."""
    from docxtpl import RichText

    check_template(letter, template)
    document = _open(letter, template)
    issuer_points = min(MARK_POINTS, MARK_WIDTH // len(letter.issuer))
    document.render(
        {
            "issuer": RichText(letter.issuer, size=issuer_points * 2),
            "answer_class": letter.answer_class,
            "document_number": letter.document_number,
            "heading": letter.heading.split("\n"),
            "deputy": letter.deputy,
            "paragraphs": [_paragraph(line) for line in fill(letter, values).split("\n") if line.strip()],
            "signature": letter.issuer,
            "date": official_day(letter.date),
            "note": letter.note,
        },
        autoescape=True,
    )
    _centre_over_date(document, letter)
    out = BytesIO()
    document.save(out)
    return frozen_zip(out.getvalue())


def official_day(day: date) -> str:
    """2025年6月19日: Arabic figures, without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def _open(letter: Letter, template: bytes) -> Any:
    from zipfile import BadZipFile

    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate

    try:
        document = DocxTemplate(BytesIO(template))
        document.init_docx()
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise letter.marked.wrong(
            ("template",), f"模板 {letter.template} 不是 Word 文件（.docx）：请换一个。"
        ) from error
    return document


def _paragraph(line: str) -> Paragraph:
    line = line.strip()
    if HEADING_ONE.match(line):
        return Paragraph(1, "", line)
    if HEADING_TWO.match(line):
        end = line.find("。") + 1 or len(line)
        return Paragraph(2, line[:end], line[end:])
    return Paragraph(0, "", line)


def _centre_over_date(document: Any, letter: Letter) -> None:
    """The issuer's name stands above the middle of the date, whose right edge is four characters from the block's."""
    middle = DATE_FROM_RIGHT + _width(official_day(letter.date)) / 2
    for paragraph in document.docx.paragraphs:
        if paragraph.style.style_id == "Signature":
            from docx.shared import Twips

            paragraph.paragraph_format.right_indent = Twips(round(max(0.0, middle - _width(letter.issuer) / 2) * CHAR))


def _width(text: str) -> float:
    """In characters of the text's size; figures and Latin letters are half as wide."""
    return sum(0.5 if char.isascii() else 1 for char in text)
