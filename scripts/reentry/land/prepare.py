"""One file, CSV or XLSX, made ready for DuckDB: its header understood, its records as plain CSV in a scratch."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reentry.contract import Feed
from reentry.land.discover import Delivery, Reading
from reentry.land.header import MAX_TITLES, SEPARATORS, Header, find_header, missing_headers
from reentry.land.normalise import Normaliser, Slice, Spoiled
from reentry.land.records import Bytes, read_record
from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch
from reentry.land.text import Text
from reentry.land.words import clean, is_blank
from reentry.land.workbook import MAX_BYTES, MAX_ROWS, Value, cell_text, month_text, open_sheet

_SLICE_ROWS = 50_000


@dataclass(frozen=True)
class Prepared:
    """What there is to land of a file: its header, and the records below it while they are being read."""

    header: Header
    slices: Iterator[Slice]
    separator: str = ","
    encoding: str | None = None  # CSV only
    sheet: str | None = None  # XLSX only
    hidden_sheets: tuple[str, ...] = ()


def prepare(delivery: Delivery, file: BinaryIO, *, folder: Path, how: Reading) -> Prepared:
    """Prepares the open file of a delivery; RefusedError B1, B2 or B8, here or while the slices are read.

    ``folder`` is for what is too large for memory. OtherEncodingError: to be read again as LAST_RESORT.
    """
    if not delivery.is_workbook:
        text = Text(file, Scratch(folder, 2 * delivery.size), encoding=how.encoding)
        return prepare_csv(text, delivery.fit, folder=folder, exactly=how.exactly)
    if delivery.size > MAX_BYTES:
        raise RefusedError("B8")
    file.seek(0)
    return prepare_workbook(file.read(), delivery.fit, folder=folder)


def prepare_csv(text: Text, feed: Feed, *, folder: Path, exactly: bool = False) -> Prepared:
    """Prepares a CSV file; RefusedError B1 or B2."""
    header, separator, start = _csv_header(feed, text)
    normaliser = Normaliser(text, folder, separator=separator.encode(), width=header.width)
    slices = normaliser.slices(start, header.row_no + 1, exactly=exactly)
    return Prepared(header, slices, separator, encoding=text.encoding)


def _csv_header(feed: Feed, text: Text) -> tuple[Header, str, int]:
    """The header, the separator under which it is found, and where the record below it begins."""
    source = Bytes(text)
    tried: list[list[str] | None] = []
    for separator in SEPARATORS:
        records: list[list[str] | None] = []
        starts = [0]
        while len(records) <= MAX_TITLES and not text.is_end(starts[-1]):
            record = read_record(source, starts[-1], separator.encode())
            records.append(None if record.is_broken else [cell.decode("utf-8") for cell in record.cells])
            starts.append(record.following)
        header = find_header(feed, records)
        if header is not None:
            return header, separator, starts[header.row_no]
        tried += records
    text.read_whole()  # what cannot be read comes before what is missing
    raise RefusedError("B2", "、".join(missing_headers(feed, tried)))


def prepare_workbook(content: bytes, feed: Feed, *, folder: Path) -> Prepared:
    """Prepares the sheet of an XLSX file; RefusedError B1, B2 or B8."""
    sheet = open_sheet(content)
    top = list(itertools.islice(sheet.rows, MAX_TITLES + 1))
    texts = [list(map(cell_text, row)) for row in top]
    header = find_header(feed, texts)
    if header is None:
        raise RefusedError("B2", "、".join(missing_headers(feed, texts)))
    months = [n for n, c in enumerate(header.columns) if c.column and _type(feed, c.column) == "month"]
    below = itertools.chain(top[header.row_no :], sheet.rows)
    slices = _slices(_texts(below, months), header, folder)
    return Prepared(header, slices, sheet=sheet.name, hidden_sheets=sheet.hidden)


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


def _slices(rows: Iterator[list[str]], header: Header, folder: Path) -> Iterator[Slice]:
    """Rows as CSV cut to the header's width; RefusedError B8 for too many."""
    width, row_no = header.width, header.row_no
    while batch := list(itertools.islice(rows, _SLICE_ROWS)):
        made = Slice(Scratch(folder, 0), row_no + 1)
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        for cells in batch:
            row_no += 1
            if len(cells) > width and (surplus := [cell for cell in cells[width:] if clean(cell)]):
                made.spoiled[row_no] = Spoiled(" ".join(surplus), is_broken=False)
            writer.writerow(cells[:width])
        if row_no - header.row_no > MAX_ROWS:
            raise RefusedError("B8")
        written = buffer.getvalue().encode("utf-8")
        made.data.write(written)
        made.records = len(batch)
        made.longest_bytes = len(written)
        made.has_quoted_line_ends = b'"' in written
        yield made
