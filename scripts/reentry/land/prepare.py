"""One file, CSV or XLSX, made ready for DuckDB: its header understood, its records as plain CSV in a scratch."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reentry.contract import Feed
from reentry.land.decode import decode_file
from reentry.land.discover import Delivery
from reentry.land.header import MAX_TITLES, SEPARATORS, Header, find_header, missing_headers
from reentry.land.normalise import Normaliser, Shape, Spoiled
from reentry.land.records import Bytes, read_record
from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch
from reentry.land.words import clean, is_blank
from reentry.land.workbook import MAX_BYTES, MAX_ROWS, Value, cell_text, month_text, open_sheet

_TAIL_BYTES = 1 << 20
_WRITE_ROWS = 4096


@dataclass(frozen=True)
class Prepared:
    """What there is to land of a file: records below the header, as CSV that DuckDB reads in strict mode."""

    header: Header
    shape: Shape
    data: Scratch
    separator: str
    skipped_lines: int  # at the start of ``data``
    encoding: str | None = None  # CSV only
    sheet: str | None = None  # XLSX only
    hidden_sheets: tuple[str, ...] = ()


def prepare(delivery: Delivery, file: BinaryIO, *, folder: Path, stack: ExitStack, exactly: bool = False) -> Prepared:
    """Prepares the open file of a delivery; RefusedError B1, B2 or B8.

    ``folder`` is for what is too large for memory; ``stack`` gives the scratch back. ``exactly``: without the fast
    path, CSV only.
    """
    if not delivery.is_workbook:
        return prepare_csv(file, delivery.fit, size=delivery.size, folder=folder, stack=stack, exactly=exactly)
    if delivery.size > MAX_BYTES:
        raise RefusedError("B8")
    file.seek(0)
    return prepare_workbook(file.read(), delivery.fit, folder=folder, stack=stack)


def prepare_csv(
    file: BinaryIO, feed: Feed, *, size: int, folder: Path, stack: ExitStack, exactly: bool = False
) -> Prepared:
    """Prepares a CSV file of ``size`` bytes; RefusedError B1 or B2."""
    text = stack.enter_context(Scratch(folder, size * 2))
    encoding = decode_file(file, text)
    header, separator, start = _csv_header(feed, Bytes(text))
    _cut_blank_tail(text, start, separator)
    fresh = stack.enter_context(Scratch(folder, size * 2))
    normaliser = Normaliser(text, fresh, separator=separator.encode(), width=header.width)
    shape = normaliser.run(start, exactly=exactly)
    if shape.is_rewritten:
        text.truncate()
        return Prepared(header, shape, fresh, separator, 0, encoding)
    # titles and header become one line to skip: quotes and line ends in them mean nothing to DuckDB any more
    text.overwrite(b" " * (start - 1) + b"\n", 0)
    shape.longest_bytes = max(shape.longest_bytes, start)
    return Prepared(header, shape, text, separator, 1, encoding)


def _csv_header(feed: Feed, source: Bytes) -> tuple[Header, str, int]:
    """The header, the separator under which it is found, and where the record below it begins."""
    tried: list[list[str] | None] = []
    for separator in SEPARATORS:
        records: list[list[str] | None] = []
        starts = [0]
        while starts[-1] < source.size and len(records) <= MAX_TITLES:
            record = read_record(source, starts[-1], separator.encode())
            records.append(None if record.cells is None else [cell.decode("utf-8") for cell in record.cells])
            starts.append(record.following)
        header = find_header(feed, records)
        if header is not None:
            return header, separator, starts[header.row_no]
        tried += records
    raise RefusedError("B2", "、".join(missing_headers(feed, tried)))


def _cut_blank_tail(text: Scratch, start: int, separator: str) -> None:
    """Cuts lines of nothing but separators and white space off the end, however many there are."""
    blanks = f" \t\r\n{separator}".encode()
    end = text.size
    while end > start:
        begin = max(start, end - _TAIL_BYTES)
        kept = text.read(begin, end - begin).rstrip(blanks)
        if kept:
            end = begin + len(kept)
            break
        end = begin
    rest = text.read(end, _TAIL_BYTES)
    stop = min((at for at in (rest.find(b"\n"), rest.find(b"\r")) if at >= 0), default=None)
    if end > start and stop is not None:
        text.truncate(end + stop + (2 if rest[stop : stop + 2] == b"\r\n" else 1))
    elif end == start:
        text.truncate(start)


def prepare_workbook(content: bytes, feed: Feed, *, folder: Path, stack: ExitStack) -> Prepared:
    """Prepares the sheet of an XLSX file; RefusedError B1, B2 or B8."""
    sheet = open_sheet(content)
    top = list(itertools.islice(sheet.rows, MAX_TITLES + 1))
    texts = [list(map(cell_text, row)) for row in top]
    header = find_header(feed, texts)
    if header is None:
        raise RefusedError("B2", "、".join(missing_headers(feed, texts)))
    data = stack.enter_context(Scratch(folder, 4 * len(content)))
    months = [n for n, c in enumerate(header.columns) if c.column and _type(feed, c.column) == "month"]
    below = itertools.chain(top[header.row_no :], sheet.rows)
    shape = _write(_texts(below, months), header.width, data)
    return Prepared(header, shape, data, ",", 0, sheet=sheet.name, hidden_sheets=sheet.hidden)


def _type(feed: Feed, column: str) -> str | None:
    return next((c.type for c in feed.columns if c.name == column), None)


def _texts(rows: Iterable[list[Value]], months: list[int]) -> Iterator[list[str]]:
    """Rows as text, without the blank ones at the end."""
    skipped = 0
    for row in rows:
        cells = list(map(cell_text, row))
        for n in months:
            cells[n] = month_text(row[n])
        if is_blank(cells):
            skipped += 1
            continue
        yield from itertools.repeat([""] * len(cells), skipped)
        skipped = 0
        yield cells


def _write(rows: Iterable[list[str]], width: int, data: Scratch) -> Shape:
    """Writes rows as CSV cut to ``width``; RefusedError B8 for too many."""
    shape = Shape(is_rewritten=True)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for number, cells in enumerate(rows):
        if number >= MAX_ROWS:
            raise RefusedError("B8")
        if len(cells) > width and any(cells[width:]):
            surplus = [cell for cell in cells[width:] if clean(cell)]
            if surplus:
                shape.spoiled[number] = Spoiled(" ".join(surplus), is_broken=False)
        writer.writerow(cells[:width])
        shape.records += 1
        if number % _WRITE_ROWS == 0:
            _flush(buffer, data, shape)
    _flush(buffer, data, shape)
    return shape


def _flush(buffer: io.StringIO, data: Scratch, shape: Shape) -> None:
    written = buffer.getvalue().encode("utf-8")
    shape.longest_bytes = max(shape.longest_bytes, len(written))
    shape.has_quoted_line_ends |= b'"' in written
    data.write(written)
    buffer.seek(0)
    buffer.truncate()
