"""What calamine does not tell of a workbook, from its XML: parts, styles, how large a sheet is, cells out of the rule.

Expat reads every part once, piece by piece, before calamine lays a sheet out in memory: memory and time stay within the
size of the part, and the zip's checksums are verified on the way. A document type is refused: entities are for bombs.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Any
from xml.parsers import expat

_BLOCK_BYTES = 1 << 20
_LONGEST_TOKEN_BYTES = 4 << 20  # of one tag or attribute: expat starts over with each block until a token is whole
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_STYLES = "xl/styles.xml"
_TRUE = ("1", "true", "on")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_LETTERS_END = "0123456789"
# Rows as nearly all are written: cells with a place, a value and no more. They need no parser, and every part of the
# expression takes what it takes for good: nothing is looked at twice.
_ROW_BEGINS = b'<row r="'
_PLAIN_ROWS = re.compile(
    rb'(?:<row r="([0-9]{1,7})"(?: [A-Za-z0-9:]++="[^"<>&]*+")*+>'
    rb'(?:<c r="[A-Z]{1,3}\1"(?: s="[0-9]++")?+(?: t="(?:s|n|b|str|inlineStr)")?+'
    rb"(?:/>|>(?:<v>[^<&\x00-\x1f]*+</v>|<is><t>[^<&\x00-\x1f]*+</t></is>)?+</c>))*+</row>)++"
)
_ROW_NUMBER = re.compile(rb'<row r="([0-9]++)')
_CELL_LETTERS = re.compile(rb'<c r="([A-Z]++)')

Attributes = dict[str, str]
Handler = Callable[[str, Attributes], None]
Places = dict[int, list[int]]  # columns by row, both from 0


class DamagedError(Exception):
    """The XML or the zip is not what a workbook has."""


@dataclass(frozen=True)
class SheetPart:
    """A sheet as the workbook lists it."""

    name: str
    part: str  # name in the zip; empty for what is no worksheet
    is_hidden: bool


@dataclass
class SheetFacts:
    """The rectangle of filled cells, and cells out of the rule; rows and columns count from 0."""

    rows: int = 0  # from the first row of the sheet to the last filled one
    columns: int = 0  # from the first filled column to the last
    filled: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)  # what Excel shows, such as #REF!
    formulas: Places = field(default_factory=dict)  # without a stored value
    in_wan: Places = field(default_factory=dict)  # numbers that their format shows in units of ten thousand
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)  # first and last row, first and last column


def parts_of(archive: zipfile.ZipFile) -> dict[str, str]:
    """The names in a zip by their lower-case form; DamagedError when one stands there twice."""
    names = archive.namelist()
    by_lower = {name.replace("\\", "/").lower(): name for name in names}
    if len(by_lower) != len(names):
        raise DamagedError("a part stands there twice")
    return by_lower


def uses_1904(archive: zipfile.ZipFile, parts: dict[str, str]) -> bool:
    """Whether serial numbers count from 1904."""
    found = elements(archive, parts[_WORKBOOK], "workbookPr")
    return any(attributes.get("date1904") in _TRUE for _, attributes in found)


def sheet_parts(archive: zipfile.ZipFile, parts: dict[str, str]) -> list[SheetPart]:
    """The sheets in order; KeyError when this is no workbook."""
    targets = {
        attributes["Id"]: (attributes["Target"], attributes.get("Type", ""))
        for _, attributes in elements(archive, parts[_RELATIONS], "Relationship")
    }
    sheets = []
    for _, attributes in elements(archive, parts[_WORKBOOK], "sheet"):
        relation = next(value for name, value in attributes.items() if name.rpartition(":")[2] == "id")
        target, kind = targets[relation]
        is_worksheet = kind.endswith("/worksheet")
        part = parts[_part(target)] if is_worksheet else ""
        sheets.append(SheetPart(attributes["name"], part, attributes.get("state", "visible") != "visible"))
    return sheets


def _part(target: str) -> str:
    target = target.replace("\\", "/")
    path = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
    return normpath(path).lower()


def wan_styles(archive: zipfile.ZipFile, parts: dict[str, str]) -> frozenset[str]:
    """The numbers of the cell styles whose number format shows a value in units of ten thousand."""
    if _STYLES not in parts:
        return frozenset()
    formats: set[str] = set()
    styles: list[str | None] = []
    in_cells = False
    for name, attributes in elements(archive, parts[_STYLES], "numFmt", "cellXfs", "xf", "cellStyles", "dxfs"):
        if name == "numFmt" and shows_wan(attributes.get("formatCode", "")):
            formats.add(attributes.get("numFmtId", ""))
        elif name == "xf" and in_cells:
            styles.append(attributes.get("numFmtId"))
        elif name != "numFmt" and name != "xf":
            in_cells = name == "cellXfs"
    return frozenset(str(n) for n, number in enumerate(styles) if number in formats)


_FORMAT_TOKEN = re.compile(r'\[[^\]]*\]|"([^"]*)"|[!\\](.)|_.|\*.|(.)', re.DOTALL)


def shows_wan(code: str) -> bool:
    r"""Whether a number format shows a value in units of ten thousand: a point that is text, and four digits behind it.

    A comma behind the last digit stands for three more: ``0!.0000``, ``0!.0,"万"``, ``0\.0,``.
    """
    for section in code.split(";"):
        has_point, behind, commas = False, 0, 0
        for match in _FORMAT_TOKEN.finditer(section):
            text = match[1] if match[1] is not None else match[2]
            if text is not None:
                if text == ".":
                    has_point, behind, commas = True, 0, 0
            elif match[3] in ("0", "#", "?"):
                behind, commas = behind + 1, 0
            elif match[3] == ",":
                commas += 1
        if has_point and behind and behind + 3 * commas == 4:
            return True
    return False


def elements(archive: zipfile.ZipFile, part: str, *names: str) -> list[tuple[str, Attributes]]:
    """The elements of these names in a small part, in order, with their attributes; prefixes do not matter."""
    found: list[tuple[str, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        name = name.rpartition(":")[2]
        if name in names:
            found.append((name, attributes))

    parser = _parser()
    parser.StartElementHandler = start
    _feed(parser, archive, part)
    return found


def sheet_facts(archive: zipfile.ZipFile, part: str, wan: frozenset[str]) -> SheetFacts:
    """Reads through a sheet once; DamagedError when its bytes are no XML or not what the zip says."""
    parser = _parser()
    reader = _SheetReader(parser, wan)
    _feed(parser, archive, part, without=None if wan else reader.without_plain_rows)
    return reader.facts()


class _SheetReader:
    """Handlers for the elements of a sheet. As in calamine, a cell without a place follows the one before."""

    def __init__(self, parser: expat.XMLParserType, wan: frozenset[str]) -> None:
        self._parser, self._wan = parser, wan
        self._facts = SheetFacts()
        self._columns: set[str] = set()
        self._cell: Attributes = {}
        self._place = "@1"  # of the cell
        self._row = 0  # its number, from 1
        self._has_formula = self._has_value = False
        self._text: list[str] = []
        self._last_row = 0
        self._filled = 0
        self._start: Handler = self._make_start()
        self._use(self._start)

    def facts(self) -> SheetFacts:
        made = self._facts
        columns = [column_number(letters) for letters in self._columns]
        made.columns = max(columns) - min(columns) + 1 if columns else 0
        made.rows, made.filled = self._last_row, self._filled
        return made

    def without_plain_rows(self, data: bytes) -> Iterator[bytes]:
        """Takes plain rows out of a piece of the sheet, and gives what is left for the parser."""
        begins = position = 0
        while (position := data.find(_ROW_BEGINS, position)) >= 0:
            found = _PLAIN_ROWS.match(data, position)
            if found is None:
                position += 1
                continue
            yield data[begins:position]
            begins = position = found.end()
            rows = found[0]
            numbers = list(map(int, _ROW_NUMBER.findall(rows)))
            self._row = numbers[-1]
            self._place = f"@{self._row}"
            if filled := rows.count(b"<v>") + rows.count(b"<is>"):
                self._filled += filled
                self._last_row = max(self._last_row, *numbers)
                self._columns.update(letters.decode("ascii") for letters in set(_CELL_LETTERS.findall(rows)))
        yield data[begins:]

    def _use(self, start: Handler) -> None:
        self._start = start
        self._parser.StartElementHandler = start

    def _make_start(self) -> Handler:
        wan, columns = self._wan, self._columns
        special = self._special

        def start(name: str, attributes: Attributes) -> None:
            if name == "c":
                self._cell = attributes
                place = attributes.get("r")
                self._place = place if place is not None else self._next_place()
                if attributes.get("t") == "e":
                    self._watch()
            elif name == "v":
                self._filled += 1
                place = self._place
                letters = place.rstrip(_LETTERS_END)
                columns.add(letters)
                row = int(place[len(letters) :])
                if row > self._last_row:
                    self._last_row = row
                if wan:
                    cell = self._cell
                    if cell.get("s") in wan and cell.get("t", "n") == "n":
                        self._facts.in_wan.setdefault(row - 1, []).append(column_number(letters))
            elif name == "row":
                number = attributes.get("r")
                self._row = int(number) if number is not None else self._row + 1
                self._place = f"@{self._row}"
            else:
                special(name, attributes)

        return start

    def _special(self, name: str, attributes: Attributes) -> None:
        """Elements that few cells have, and prefixed names."""
        prefix, _, local = name.rpartition(":")
        if prefix and local in ("c", "v", "row"):
            self._start(local, attributes)
        elif local == "f":
            self._has_formula = True
            self._watch()
        elif local == "is":
            self._start("v", attributes)
        elif local == "mergeCell":
            self._facts.merges.append(_range(attributes.get("ref", "")))

    def _next_place(self) -> str:
        letters = self._place.rstrip(_LETTERS_END)
        column = column_number(letters) + 1 if letters != "@" else 0
        return f"{column_letters(column)}{self._place[len(letters) :]}"

    def _watch(self) -> None:
        """Looks at the text of the cell that has begun: of an error, or of a formula."""
        self._text, self._has_value = [], False
        outer = self._start
        if self._parser.EndElementHandler is not None:
            return
        in_value = False

        def start(name: str, attributes: Attributes) -> None:
            nonlocal in_value
            in_value = name.rpartition(":")[2] == "v"
            self._has_value |= in_value
            outer(name, attributes)

        def text(data: str) -> None:
            if in_value:
                self._text.append(data)

        def end(name: str) -> None:
            nonlocal in_value
            in_value = False
            if name.rpartition(":")[2] == "c":
                parser = self._parser
                self._use(outer)
                parser.EndElementHandler = parser.CharacterDataHandler = None
                self._end_cell()

        self._use(start)
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = text

    def _end_cell(self) -> None:
        letters = self._place.rstrip(_LETTERS_END)
        row, column = int(self._place[len(letters) :]) - 1, column_number(letters)
        value, kind = "".join(self._text), self._cell.get("t", "n")
        if kind == "e" and value:
            self._facts.errors.setdefault(row, {})[column] = value
        elif self._has_formula and not value and not (kind == "str" and self._has_value):
            self._facts.formulas.setdefault(row, []).append(column)
        self._has_formula = False


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: Any) -> None:
    raise DamagedError("a document type")


def _feed(
    parser: expat.XMLParserType,
    archive: zipfile.ZipFile,
    part: str,
    *,
    without: Callable[[bytes], Iterator[bytes]] | None = None,
) -> None:
    fed = 0
    with archive.open(part) as file:
        while data := file.read(_BLOCK_BYTES):
            for piece in without(data) if without else (data,):
                parser.Parse(piece, False)
                fed += len(piece)
            if fed - parser.CurrentByteIndex > _LONGEST_TOKEN_BYTES:
                raise DamagedError("a tag that does not end")
    parser.Parse(b"", True)


def _range(text: str) -> tuple[int, int, int, int]:
    first, _, last = text.partition(":")
    ends = [_REFERENCE.fullmatch(end) for end in (first, last or first)]
    if ends[0] is None or ends[1] is None:
        raise DamagedError(f"no range: {text}")
    rows = sorted(int(end[2]) - 1 for end in ends if end)
    columns = sorted(column_number(end[1]) for end in ends if end)
    return rows[0], rows[1], columns[0], columns[1]


def column_number(letters: str) -> int:
    """The number of a column from 0, given its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """The letters of a column, given its number from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
