"""Files as agencies send them, changed at random: in their bytes, in their cells, in their parts, in their names."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl

from desk import OFFENCES, REGISTER, RELEASES, RELIEF, SWEEPS, VISITS, csv_bytes

Table = list[list[str]]
Parts = dict[str, bytes]

_SHEET = "xl/worksheets/sheet1.xml"
ODD_CELLS = (
    *("", " ", "\t", "\r", "\n", "a\r\nb", "\x00", "\x07", "\x1f", "\u202e甲", "\ufeff", "\u00ad", "\ue000", "\ufffd"),
    *("?", "□", "无", "#REF!", "#N/A", "NaN", "1e999", "-0", "1E+17", "5.00151E+17", "510228198503020016"),
    *("51022819850302001X", "510228850302001", "99999999999999999999", "2025-02-30", "20250401", "45717", "0"),
    *(
        "2025年3月5日 23:59:59",
        "1899-12-31",
        "合计",
        "安居镇小计",
        "总 计：",
        "填报人：某",
        "备注：",
        "=1+1",
        '="0012"',
        "'0012",
    ),
    *('"', '""', '"x', ",", ";", "，", "是", "TRUE", "安居镇", "大足区", "1.20万元", "￥1,200.00", "1,20", "x" * 5000),
    *("䶮𠂇⻢", "张 三", "a" * 40, "封存", "９９", "٣"),
)
ODD_NUMBERS = ("NaN", "1e999", "-1e999", "1e-400", "5.1022819850302E+17", "45717.9995", "-1", "0.1", "abc", "", " 7 ")


@dataclass(frozen=True)
class Base:
    """A feed's good file."""

    folder: str
    feed: str
    header: list[str]
    row: Callable[[int], list[str]]


BASES = (
    Base("justice", "visits", VISITS, lambda n: [f"V{n}", f"D{n}", "2025-03-01", "1"]),
    Base("justice", "register", REGISTER, lambda n: [f"D{n}", "张三", "安居司法所", "2025-01-05"]),
    Base("justice", "sweeps", SWEEPS, lambda n: ["安居镇", f"2025-{n % 12 + 1:02}", "3", "0", "2025-06-01"]),
    Base("corrections", "releases", [*RELEASES, "未成年封存"], lambda n: [f"S{n}", "李四", "2025-02-01", "1", "否"]),
    Base("民政", "社会救助发放", RELIEF, lambda n: [f"F{n}", "S1", "王五", "8", "2025-02-01", "600", "1"]),
    Base("police", "reoffences", OFFENCES, lambda n: [f"J{n}", "A1", "赵六", "2025-02-01", "刑事", "立案", ""]),
)  # fmt: skip


@dataclass(frozen=True)
class Mutated:
    """A file to land; ``is_inside``: changed in its content and packed soundly again."""

    name: str
    content: bytes
    is_inside: bool


def mutated(rng: random.Random, number: int) -> Mutated:
    """The file of a number; every file of a run has another name."""
    base = rng.choice(BASES)
    table = [list(base.header), *(base.row(number * 1000 + n) for n in range(rng.choice((1, 3, 8, 20))))]
    is_workbook = rng.random() < 0.5
    is_inside = rng.random() < 0.8
    if is_inside:
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            rng.choice(_OF_TABLES)(rng, table)
    content = (_workbook if is_workbook else _text)(rng, table, is_inside=is_inside)
    if not is_inside:
        for _ in range(rng.choice((1, 1, 2, 8))):
            content = rng.choice(_OF_BYTES)(rng, content)
    return Mutated(_name(rng, base, number, is_workbook=is_workbook), content, is_inside)


def _name(rng: random.Random, base: Base, number: int, *, is_workbook: bool) -> str:
    day = f"2025{rng.randint(1, 6):02}{rng.randint(1, 28):02}"
    stem = f"{base.feed}_{day}_{number + 2}"
    odd = rng.random()
    if odd < 0.02:
        stem = f"{base.feed}_{rng.choice(('20990101', '20250230', '202504', '2025年4月'))}_{number + 2}"
    elif odd < 0.04:
        stem = rng.choice((f"{base.feed}{number}", f"别的表_{day}_{number}", f"{base.feed}_{day}_{'9' * 12}{number}"))
    elif odd < 0.06:
        stem += rng.choice((" (1)", "（2）", " - 副本"))
    usual = "xlsx" if is_workbook else "csv"
    ending = usual if rng.random() < 0.9 else rng.choice(("csv", "txt", "xlsx", "XLSX", "xls", "et", "pdf"))
    return f"{base.folder}/{stem}.{ending}"


# tables ---------------------------------------------------------------------------------------------------------------


def _cell(rng: random.Random, table: Table) -> None:
    for _ in range(rng.choice((1, 1, 4))):
        row = rng.choice(table[1:] if len(table) > 1 and rng.random() < 0.95 else table)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD_CELLS)


def _column(rng: random.Random, table: Table) -> None:
    at = rng.randrange(len(table[0]) or 1)
    for row in table[1:]:
        if at < len(row):
            row[at] = rng.choice(ODD_CELLS)


def _moved(rng: random.Random, table: Table) -> None:
    row = table.pop(rng.randrange(len(table)))
    table.insert(rng.randrange(len(table) + 1), row)
    table[0:0] = [[]] * rng.choice((0, 1, 12))
    if not table[0]:
        table[0] = ["标题", ""]


def _repeated(rng: random.Random, table: Table) -> None:
    table.extend([list(rng.choice(table)) for _ in range(rng.choice((1, 5, 90)))])


def _widths(rng: random.Random, table: Table) -> None:
    row = rng.choice(table)
    row[:] = row[: rng.randrange(len(row) + 1)] if rng.random() < 0.5 else [*row, *["多"] * rng.choice((1, 30))]


def _header(rng: random.Random, table: Table) -> None:
    header = list(table[0])
    at = rng.randrange(len(header) or 1)
    match rng.randrange(4):
        case 0:
            del header[at : at + 1]
        case 1:
            header[at : at + 1] = [
                rng.choice((f"{header[at] if header else ''}（万元）", " 姓 名 ", "未知列", "封存情况"))
            ]
        case 2:
            header.append(rng.choice(header or ["列"]))
        case _:
            rng.shuffle(header)
    table[0] = header


def _total(rng: random.Random, table: Table) -> None:
    width = len(table[0])
    table.append(["合计", *[rng.choice(("", "1800", "600", "9", "0", "#REF!"))] * (width - 1)])


def _sealed(rng: random.Random, table: Table) -> None:
    table[0] = [*table[0], "封存"]
    for row in table[1:]:
        row.append(rng.choice(("否", "", "是", "1")))


def _emptied(rng: random.Random, table: Table) -> None:
    del rng
    del table[1:]


_OF_TABLES = (_cell, _cell, _cell, _column, _moved, _repeated, _widths, _header, _total, _sealed, _emptied)


# text -----------------------------------------------------------------------------------------------------------------


def _text(rng: random.Random, table: Table, *, is_inside: bool) -> bytes:
    text = csv_bytes(*table).decode("utf-8")
    if rng.random() < 0.3:
        text = text.replace(",", rng.choice(("\t", ";", "|")))
    if rng.random() < 0.3:
        text = text.replace("\r\n", rng.choice(("\n", "\r")))
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"))
    content = text.encode(encoding, "replace")
    if is_inside and rng.random() < 0.08:  # two encodings in one file
        half = len(text) // 2
        content = text[:half].encode("utf-8") + text[half:].encode("gb18030", "replace")
    return content


# workbooks ------------------------------------------------------------------------------------------------------------


def _workbook(rng: random.Random, table: Table, *, is_inside: bool) -> bytes:
    book = openpyxl.Workbook()
    sheets = [book.active]
    if is_inside and rng.random() < 0.3:
        sheets += [book.create_sheet(f"表{n}") for n in range(rng.choice((1, 3)))]
    for sheet in sheets:
        assert sheet is not None
        for row in table if rng.random() < 0.8 else table[: rng.randrange(len(table)) + 1]:
            sheet.append([_value(rng, cell) for cell in row])
        if rng.random() < 0.1:
            sheet.sheet_state = "hidden"
        if rng.random() < 0.1:
            sheet.merge_cells(start_row=1, start_column=1, end_row=rng.randint(1, 6), end_column=rng.randint(1, 4))
    if all(sheet is not None and sheet.sheet_state == "hidden" for sheet in sheets) and sheets[0] is not None:
        sheets[0].sheet_state = "visible"
    out = io.BytesIO()
    book.save(out)
    if not is_inside or rng.random() < 0.5:
        return out.getvalue()
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    twice = rng.choice(_OF_PARTS)(rng, parts)
    return _packed(parts, twice)


def _value(rng: random.Random, cell: str) -> object:
    cell = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell)
    if rng.random() < 0.3 and re.fullmatch(r"-?[0-9]{1,20}", cell):
        return int(cell)
    return cell


def _packed(parts: Parts, twice: str | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if twice:
            archive.writestr(twice.upper(), parts[twice])
    return out.getvalue()


def _part_gone(rng: random.Random, parts: Parts) -> None:
    del parts[rng.choice(sorted(parts))]


def _part_twice(rng: random.Random, parts: Parts) -> str:
    return rng.choice(sorted(parts))


def _part_swapped(rng: random.Random, parts: Parts) -> None:
    one, other = rng.sample(sorted(parts), 2)
    parts[one], parts[other] = parts[other], parts[one]


def _xml(rng: random.Random, parts: Parts) -> None:
    """One tag, attribute or text of a part changed."""
    name = _SHEET if rng.random() < 0.6 else rng.choice(sorted(parts))
    places = [match.span() for match in re.finditer(rb"<[^>]{1,80}>|(?<=>)[^<]+", parts[name])]
    if not places:
        return
    start, end = rng.choice(places)
    new = rng.choice((b"", parts[name][start:end] * 2, b"<x/>", b"&amp;", b"<c/>", b"<v>1</v>", b"<!-- x -->", b"]]>"))
    parts[name] = parts[name][:start] + new + parts[name][end:]


def _number(rng: random.Random, parts: Parts) -> None:
    """Odd numbers in number cells, cells without a place, formulas without a value."""
    sheet = parts[_SHEET]
    for _ in range(rng.choice((1, 3))):
        cells = list(re.finditer(rb"<c ([^>]*)>(<v>[^<]*</v>)?</c>|<c ([^>]*)/>", sheet))
        if not cells:
            break
        start, end = rng.choice(cells).span()
        odd = rng.choice(ODD_NUMBERS).encode()
        place = rng.choice((b"", b' r="B2"', b' r="C3"'))
        new = rng.choice(
            (
                b"<c%s><v>%s</v></c>" % (place, odd),
                b'<c%s t="n"><v>%s</v></c>' % (place, odd),
                b'<c%s t="e"><v>#REF!</v></c>' % place,
                b"<c%s><f>1+1</f></c>" % place,
                b'<c%s t="s"><v>999</v></c>' % place,
                b'<c%s t="inlineStr"><is><t>\xe7\x94\xb2</t></is></c>' % place,
                b'<c%s t="d"><v>2025-02-30</v></c>' % place,
            )
        )
        sheet = sheet[:start] + new + sheet[end:]
    parts[_SHEET] = sheet


def _far(rng: random.Random, parts: Parts) -> None:
    """A cell so far off that the sheet has more rows than the limits of the test, or is wide."""
    place = rng.choice((b"A900", b"XFD9", b"ZZ99"))
    parts[_SHEET] = parts[_SHEET].replace(b"</sheetData>", b'<row><c r="%s"><v>1</v></c></row></sheetData>' % place, 1)


_OF_PARTS = (_part_gone, _part_twice, _part_swapped, _xml, _xml, _xml, _number, _number, _number, _number, _far)


# bytes ----------------------------------------------------------------------------------------------------------------


def _flipped(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content) or 1)
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _inserted(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.randbytes(rng.choice((1, 3, 40))) + content[at:]


def _other_kind(rng: random.Random, content: bytes) -> bytes:
    heads = (
        b"%PDF-1.4\n",
        b"Rar!\x1a\x07\0",
        b"\x89PNG\r\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<html><table>",
        b"",
    )
    return rng.choice(heads) + (content if rng.random() < 0.5 else b"")


_OF_BYTES = (_flipped, _flipped, _cut, _inserted, _other_kind)
