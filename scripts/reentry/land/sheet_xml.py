"""What calamine does not tell of a workbook, from its XML: the date system, how large a sheet is, cells with errors.

Read before calamine lays a sheet out in memory, and with the zip's checksums verified on the way.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from posixpath import normpath

_BLOCK_BYTES = 4 << 20
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_DATE_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']")
_SHEET = re.compile(r"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r=[\"']([A-Z]{1,3})([0-9]{1,7})[\"'][^>]*(?<!/)>")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>", re.DOTALL
)
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")


@dataclass
class SheetFacts:
    """The rectangle of filled cells, and Excel's errors by row and column from 0."""

    rows: int = 0
    columns: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)


def uses_1904(archive: zipfile.ZipFile) -> bool:
    """Whether serial numbers count from 1904; KeyError when this is no workbook."""
    return _DATE_1904.search(archive.read(_WORKBOOK)) is not None


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the zip that holds each sheet, by the sheet's name."""
    relations = {
        found["Id"]: found["Target"]
        for found in map(_attributes, _RELATION.findall(archive.read(_RELATIONS).decode("utf-8-sig")))
    }
    sheets = map(_attributes, _SHEET.findall(archive.read(_WORKBOOK).decode("utf-8-sig")))
    return {found["name"]: _part(relations[_relation_id(found)]) for found in sheets}


def _attributes(text: str) -> dict[str, str]:
    return {name: unescape(one or other) for name, one, other in _ATTRIBUTE.findall(text)}


def _relation_id(sheet: dict[str, str]) -> str:
    return next(value for name, value in sheet.items() if name.endswith(":id"))


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")


def sheet_facts(archive: zipfile.ZipFile, part: str) -> SheetFacts:
    """Reads through a sheet once; zipfile.BadZipFile when its bytes are not what the zip says."""
    facts = SheetFacts()
    letters: set[bytes] = set()
    for block in _blocks(archive, part):
        cells = _CELL.findall(block)
        letters.update(column for column, _ in cells)
        facts.rows = max([facts.rows, *(int(row) for _, row in cells[-1:])])
        if b't="e"' in block or b"t='e'" in block:
            _add_errors(facts, block)
    columns = [_column(column) for column in letters]
    facts.columns = max(columns) - min(columns) + 1 if columns else 0
    return facts


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The sheet's XML in pieces that end where a cell ends, if one does within sixteen blocks."""
    held = b""
    with archive.open(part) as file:
        while data := file.read(_BLOCK_BYTES):
            held += data
            cut = max(held.rfind(b"</c>"), held.rfind(b":c>"))
            if cut >= 0 or len(held) > 16 * _BLOCK_BYTES:
                cut = cut + 4 if cut >= 0 else len(held)
                yield held[:cut]
                held = held[cut:]
    yield held


def _add_errors(facts: SheetFacts, block: bytes) -> None:
    for attributes, text in _ERROR.findall(block):
        place = _PLACE.search(attributes)
        if place:
            row = facts.errors.setdefault(int(place[2]) - 1, {})
            row[_column(place[1])] = unescape(text.decode("utf-8"))


def _column(letters: bytes) -> int:
    """The number of a column from 0, given its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
