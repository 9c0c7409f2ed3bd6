"""Writes XLSX: one plain part per sheet, the same bytes for the same cells."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from reentry.demo.draft import Cell, Value

_STAMP = (2025, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WAN_FORMAT = "0!.0000"  # shows 12345 as 1.2345
_WAN_STYLE = 2
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">{{formats}}'
    '<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>{cells}'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_FORMATS = ('<xf numFmtId="0" xfId="0"/>', '<xf numFmtId="14" xfId="0" applyNumberFormat="1"/>')
_FORMAT_WAN = '<xf numFmtId="164" xfId="0" applyNumberFormat="1"/>'


@dataclass
class Sheet:
    """Rows of cells from the top; ``merged`` as ranges such as A1:R1."""

    name: str
    rows: Sequence[Sequence[Value]]
    merged: list[str] = field(default_factory=list)
    hidden: bool = False


def letters(index: int) -> str:
    """A, B, …, AA of a column counted from 0."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def _cell(name: str, value: Value, strings: dict[str, int]) -> str:
    if isinstance(value, str):
        if not value:
            return ""
        return f'<c r="{name}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
    if value.kind == "f":
        return f'<c r="{name}"><f>{escape(value.text)}</f></c>'
    kind = {"n": "", "d": ' s="1"', "w": f' s="{_WAN_STYLE}"', "b": ' t="b"', "e": ' t="e"'}[value.kind]
    return f'<c r="{name}"{kind}><v>{value.text}</v></c>'


def _sheet(sheet: Sheet, strings: dict[str, int]) -> str:
    width = max((len(row) for row in sheet.rows), default=0)
    names = [letters(i) for i in range(width)]
    parts = [f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>']
    for number, row in enumerate(sheet.rows, 1):
        cells = "".join([_cell(f"{names[i]}{number}", value, strings) for i, value in enumerate(row)])
        parts.append(f'<row r="{number}">{cells}</row>')
    parts.append("</sheetData>")
    if sheet.merged:
        inner = "".join(f'<mergeCell ref="{m}"/>' for m in sheet.merged)
        parts.append(f'<mergeCells count="{len(sheet.merged)}">{inner}</mergeCells>')
    return "".join([*parts, "</worksheet>"])


def _styles(sheets: Sequence[Sheet]) -> str:
    """The styles of cells; that of numbers in 万 only where there is such a cell."""
    has_wan = any(isinstance(cell, Cell) and cell.kind == "w" for sheet in sheets for row in sheet.rows for cell in row)
    cells = [*_FORMATS, *([_FORMAT_WAN] if has_wan else [])]
    formats = f'<numFmts count="1"><numFmt numFmtId="164" formatCode="{_WAN_FORMAT}"/></numFmts>' if has_wan else ""
    return _STYLES.format(formats=formats, cells=f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs>')


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Writes the sheets in order."""
    strings: dict[str, int] = {}
    bodies = [_sheet(sheet, strings) for sheet in sheets]
    hide = {True: ' state="hidden"', False: ""}
    listed = "".join(
        f'<sheet name="{escape(s.name)}" sheetId="{i}"{hide[s.hidden]} r:id="rId{i}"/>' for i, s in enumerate(sheets, 1)
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>' for i in numbers
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers
    )
    extra = "".join(
        f'<Relationship Id="rId{len(sheets) + i}" Type="{_REL}/{what}" Target="{what}.xml"/>'
        for i, what in ((1, "styles"), (2, "sharedStrings"))
    )
    rels = f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    counts = f'count="{len(strings)}" uniqueCount="{len(strings)}"'
    table = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    parts = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>{overrides}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"{rels}{links}{extra}</Relationships>",
        "xl/styles.xml": _styles(sheets),
        "xl/sharedStrings.xml": f'{_XML}<sst xmlns="{_MAIN}" {counts}>{table}</sst>',
        **{f"xl/worksheets/sheet{i}.xml": body for i, body in enumerate(bodies, 1)},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode(), compresslevel=1)
