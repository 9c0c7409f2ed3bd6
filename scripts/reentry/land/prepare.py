"""One file, text or workbook, made ready for DuckDB: its header understood, its records as plain CSV in a scratch."""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reentry.contract import Feed
from reentry.land.discover import Reading
from reentry.land.header import MAX_TITLES, SEPARATORS, Header, find_header, missing_headers
from reentry.land.kinds import TEXT, kind_of
from reentry.land.limits import Limits
from reentry.land.normalise import Normaliser, Slice, Spoiled
from reentry.land.places import row_key
from reentry.land.records import Bytes, read_record
from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch
from reentry.land.sheets import NOTHING_LEFT_OUT, LeftOut, Row, find_sheets
from reentry.land.text import Text
from reentry.land.words import clean
from reentry.land.workbook import open_workbook

_SLICE_ROWS = 50_000


@dataclass(frozen=True)
class Prepared:
    """What there is to land of a file: its headers, and the records below them while they are being read."""

    headers: tuple[Header, ...]  # one of each sheet that is read; of a CSV file one
    slices: Iterator[Slice]
    separator: str = ","
    encoding: str | None = None  # CSV only
    sheets: tuple[str, ...] = ()  # workbooks only: names of the sheets that are read, in order
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def header(self) -> Header:
        """The header of the first sheet."""
        return self.headers[0]

    @property
    def is_workbook(self) -> bool:
        """Whether rows have sheets."""
        return bool(self.sheets)


def prepare(file: BinaryIO, feed: Feed, *, folder: Path, how: Reading, limits: Limits) -> Prepared:
    """Prepares an open file, whatever its content is; RefusedError B9, B1, B2 or B8, here or while slices are read.

    ``folder`` is for what is too large for memory. OtherEncodingError: to be read again as LAST_RESORT.
    """
    size = os.fstat(file.fileno()).st_size
    if kind_of(file) == TEXT:
        text = Text(file, Scratch(folder, 2 * size), encoding=how.encoding)
        return prepare_csv(text, feed, folder=folder, exactly=how.exactly)
    if size > limits.unpacked_bytes:
        raise RefusedError("B8")
    file.seek(0)
    return prepare_workbook(file.read(), feed, folder=folder, limits=limits)


def prepare_csv(text: Text, feed: Feed, *, folder: Path, exactly: bool = False) -> Prepared:
    """Prepares a CSV file; RefusedError B1 or B2."""
    header, separator, start = _csv_header(feed, text)
    normaliser = Normaliser(text, folder, separator=separator.encode(), width=header.width)
    slices = normaliser.slices(start, header.row_no + 1, exactly=exactly)
    return Prepared((header,), slices, separator, encoding=text.encoding)


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


def prepare_workbook(content: bytes, feed: Feed, *, folder: Path, limits: Limits) -> Prepared:
    """Prepares the sheets of a workbook that have the header row; RefusedError B1, B2 or B8."""
    found = find_sheets(open_workbook(content, limits), feed)
    slices = (
        piece
        for number, sheet in enumerate(found.read)
        for piece in _slices(sheet.rows(feed), sheet.header, folder, number, limits.rows)
    )
    names = tuple(sheet.info.name for sheet in found.read)
    return Prepared(tuple(s.header for s in found.read), slices, sheets=names, left_out=found.left_out)


def _slices(rows: Iterator[Row], header: Header, folder: Path, sheet_no: int, most: int) -> Iterator[Slice]:
    """Rows as CSV cut to the header's width; RefusedError B8 for too many."""
    width, row_no = header.width, header.row_no
    while batch := list(itertools.islice(rows, _SLICE_ROWS)):
        made = Slice(Scratch(folder, 0), row_key(sheet_no, row_no + 1), sheet_no=sheet_no)
        for cells, notes in batch:
            row_no += 1
            if len(cells) > width and (surplus := [cell for cell in cells[width:] if clean(cell)]):
                made.spoiled[row_key(sheet_no, row_no)] = Spoiled(" ".join(surplus), is_broken=False)
            if notes:
                made.notes[row_key(sheet_no, row_no)] = notes
        if row_no - header.row_no > most:
            raise RefusedError("B8")
        written = _csv_bytes([cells[:width] for cells, _ in batch])
        made.data.write(written)
        made.records = len(batch)
        made.longest_bytes = len(written)
        made.has_quoted_line_ends = b'"' in written
        yield made


def _csv_bytes(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    text = buffer.getvalue()
    if "\r" in text:  # which csv leaves without quotes, and DuckDB takes for the end of a line
        return _csv_bytes([[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells] for cells in rows])
    return text.encode("utf-8")
