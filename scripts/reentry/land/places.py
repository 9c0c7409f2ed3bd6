"""A row's place: the sheet and the row as the program shows them, kept as one number a row of a batch."""

from __future__ import annotations

from collections.abc import Sequence

SHEET_BITS = 21  # rows of a sheet; the numbers of sheets, from 0, stand above them
MAX_SHEETS = 1 << (31 - SHEET_BITS)


def row_key(sheet_no: int, row: int) -> int:
    """The number that the warehouse keeps (``row_no``): of the first sheet read, and of a CSV file, the row itself."""
    return (sheet_no << SHEET_BITS) + row


def sheet_no_of(key: int) -> int:
    """The number of the sheet, from 0, of a row of a workbook."""
    return key >> SHEET_BITS


def place_of_row(sheets: Sequence[str] | None, key: int) -> tuple[str | None, int]:
    """Sheet and row, given the names of the sheets that were read; a CSV file (None) has no sheet."""
    if not sheets:
        return None, key
    return sheets[min(sheet_no_of(key), len(sheets) - 1)], key & ((1 << SHEET_BITS) - 1)


def shown_row(sheet: str | None, row: int | None) -> str | int | None:
    """A row in a table: its number, of a workbook with the sheet."""
    return place_zh(sheet, row) if sheet else row


def place_zh(sheet: str | None, row: int | None) -> str:
    """A place as people read it: ``Sheet1 第5行``."""
    if row is None:
        return sheet or ""
    return f"{sheet} 第{row}行" if sheet else f"第{row}行"
