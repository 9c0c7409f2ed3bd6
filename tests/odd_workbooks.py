"""Workbooks with cells of every kind, written part by part: openpyxl would mend what other programs write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from html import escape

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook {_NS} xmlns:r="{_OFFICE}"><sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet"'
        f' Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
}
DATE = "yyyy\\-mm\\-dd"


class Xml(str):
    """A cell as XML: ``{r}`` stands for its address."""

    __slots__ = ()


def formula(text: str) -> Xml:
    """A formula that no program has calculated."""
    return Xml(f'<c r="{{r}}"><f>{escape(text)}</f></c>')


def error(text: str, *, has_address: bool = True) -> Xml:
    """An error cell."""
    address = 'r="{r}" ' if has_address else ""
    return Xml(f'<c {address}t="e"><v>{text}</v></c>')


def number(text: str, style: int = 0) -> Xml:
    """A number as it is stored; ``style`` 0 is General, the others are the workbook's formats in their order."""
    return Xml(f'<c r="{{r}}" s="{style}"><v>{text}</v></c>')


def odd_workbook(*rows: Sequence[str | Xml], formats: Sequence[str] = (DATE,), merged: Sequence[str] = ()) -> bytes:
    """One sheet; plain strings become text cells, empty ones none."""
    written = "".join(
        f'<row r="{n}">' + "".join(_cell(cell, f"{_letters(m)}{n}") for m, cell in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    merges = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    parts = _PARTS | {
        "xl/styles.xml": _styles(formats),
        "xl/worksheets/sheet1.xml": f"<worksheet {_NS}><sheetData>{written}</sheetData>{merges}</worksheet>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return made.getvalue()


def _cell(cell: str | Xml, address: str) -> str:
    if isinstance(cell, Xml):
        return cell.replace("{r}", address)
    if not cell:
        return ""
    return f'<c r="{address}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def _letters(number: int) -> str:
    return chr(65 + number)


def _styles(formats: Sequence[str]) -> str:
    listed = "".join(f'<numFmt numFmtId="{165 + n}" formatCode="{escape(f)}"/>' for n, f in enumerate(formats))
    used = "".join(
        f'<xf numFmtId="{165 + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for n in range(len(formats))
    )
    return (
        f'<styleSheet {_NS}><numFmts count="{len(formats)}">{listed}</numFmts><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"'
        f' xfId="0"/>{used}</cellXfs></styleSheet>'
    )
