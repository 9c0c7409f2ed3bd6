"""Values in files that are taken away: numbers as numbers, nothing that a spreadsheet reads as a date or a formula.

Tiles show numbers as texts (``2,050``, ``+3.1%``, ``4/5``). In a workbook a number is a number with its format; in
a CSV file, which has no types, it is written so that spreadsheets read it as what it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(%?)")
IS_KEY = re.compile(r"0\d")  # 0126 is a number of a file, and keeps its zero
LONGEST = 15  # digits that a spreadsheet keeps
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# 4/5 and 2025-03 are read as days of a year
DATE_LIKE = re.compile(r"[\d,]+([/-])[\d,]+(?:\1[\d,]+)?")
SAFE = str.maketrans({"/": "\N{FULLWIDTH SOLIDUS}", "-": "\N{EN DASH}"})
CHANGE = re.compile(r"[+-][\d,.]+[\u4e00-\u9fff]+")  # +2人, +2.8个百分点
WIDE_SIGN = {"+": "\N{FULLWIDTH PLUS SIGN}", "-": MINUS}
FORMULA = re.compile(r"[\s\"']*[=+\-@|%]|\s*[\t\r]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
BYTE_ORDER_MARK = "\ufeff"
WIDEST = 60  # characters


def typed(value: Any) -> Any:
    """A cell of a tile as what it is: int, Decimal, a share as a Percent, a day, text, or None."""
    if value is None or value != value:
        return None
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, datetime):
        return value.date() if value.time() == value.time().min else value.replace(tzinfo=None)
    if hasattr(value, "item"):  # numpy
        value = value.item()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(repr(value))
    return _of_text(value) if isinstance(value, str) else value


class Percent(Decimal):
    """A share, with the decimals that its text has."""

    decimals = 0


def _of_text(text: str) -> Any:
    plain = text.strip().replace(MINUS, "-")
    found = NUMBER.fullmatch(plain)
    if found and not IS_KEY.match(plain) and sum(map(str.isdigit, plain)) <= LONGEST:
        bare = plain.rstrip("%").replace(",", "")
        if not found[1]:
            return int(bare) if "." not in bare else Decimal(bare)
        share = Percent(Decimal(bare) / 100)
        share.decimals = len(bare.partition(".")[2])
        return share
    if DAY.fullmatch(plain):
        try:
            return date.fromisoformat(plain)
        except ValueError:
            return text
    return text


def guarded(text: str) -> str:
    """A text that no program runs: an apostrophe before what could begin a formula; a wide sign before a change."""
    if CHANGE.fullmatch(text):
        return WIDE_SIGN[text[0]] + text[1:]
    return f"'{text}" if FORMULA.match(text) else text


def csv_value(value: Any) -> Any:
    """A cell as it is written into a CSV file."""
    found = typed(value)
    if isinstance(found, Percent):
        return f"{found * 100:.{found.decimals}f}%"
    if isinstance(found, Decimal):
        return f"{found:f}"
    if not isinstance(found, str):
        return found
    text = found.translate(SAFE) if DATE_LIKE.fullmatch(found.strip()) else found
    return guarded(text)


def csv_text(titles: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """The rows as CSV, with the byte order mark by which spreadsheets know the encoding."""
    import csv

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(title) for title in titles])
    writer.writerows([csv_value(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue()


def workbook(titles: Iterable[str], rows: Iterable[Iterable[Any]], said: Iterable[tuple[str, str]]) -> bytes:
    """The rows as a workbook with types; ``said``: what the second sheet says of them, such as the definition."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet, about = book.worksheets[0], book.create_sheet("说明")
    sheet.title = "数据"
    widths: dict[int, int] = {}
    for y, line in enumerate([list(titles), *([typed(value) for value in row] for row in rows)], 1):
        for x, value in enumerate(line, 1):
            widths[x] = max(widths.get(x, 8), min(_width(value) + 2, WIDEST))
            _write(sheet.cell(y, x), value)
    for x, width in widths.items():
        sheet.column_dimensions[get_column_letter(x)].width = width
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
    sheet.freeze_panes = "A2"
    for y, pair in enumerate(said, 1):
        for x, text in enumerate(pair, 1):
            _write(about.cell(y, x), text)
            about.cell(y, x).alignment = Alignment(vertical="top", wrap_text=True)
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 14, 90
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(cell: Any, value: Any) -> None:
    """Sets a cell to a typed value, with its format; a text is never a formula."""
    if isinstance(value, (int, Decimal, date)):
        cell.value = value
        cell.number_format = _format(value)
    elif value is not None:
        cell.value = CONTROLS.sub("", guarded(str(value)))
        cell.data_type = "s"


def _format(value: Any) -> str:
    if isinstance(value, Percent):
        return f"0{'.' if value.decimals else ''}{'0' * value.decimals}%"
    if isinstance(value, date):
        return "yyyy-mm-dd"
    return "#,##0" if isinstance(value, int) else "#,##0.########"


def _width(value: Any) -> int:
    return sum(2 if ord(c) > 255 else 1 for c in str(value)) if value is not None else 0
