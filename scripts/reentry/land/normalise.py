"""From CSV of any shape to CSV that DuckDB reads without a doubt: each record with as many cells as there are headers.

Regular stretches pass untouched and are judged by numpy on whole chunks; what is irregular is put right: short records
are padded, empty surplus cells are cut, other surplus goes to ``spoiled``. Stretches with quotes that are not plainly
well formed are read record by record (``records``) and written anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reentry.land.records import Bytes, read_record
from reentry.land.scratch import Scratch
from reentry.land.text import Text
from reentry.land.words import clean

_SMALL_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 20  # more would leave the processor's cache
_SLICE_BYTES = 12 << 20
_FEED, _RETURN, _QUOTE = 10, 13, 34

_Places = NDArray[np.intp]
_Mask = NDArray[np.bool_]
_Octets = NDArray[np.uint8]


def _none() -> _Places:
    return np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is wrong with a row (Q6): the text of its surplus cells, or the line whose quotes are broken."""

    text: str
    is_broken: bool


@dataclass
class Slice:
    """Some records of a file as CSV that DuckDB reads in strict mode, each with as many cells as there are headers."""

    data: Scratch
    first_row: int  # number of its first record in the file
    records: int = 0
    spoiled: dict[int, Spoiled] = field(default_factory=dict)  # by number of the record in the file
    notes: dict[int, list[str]] = field(default_factory=dict)  # workbooks: ``column:note`` by number of the record
    sheet_no: int = 0  # of the workbook's sheets that are read
    longest_bytes: int = 0  # no less than the longest record
    has_quoted_line_ends: bool = False

    @property
    def next_row(self) -> int:
        """Number in the file of the record after this slice, or of the one to be added."""
        return self.first_row + self.records


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Whole records, and where in them things stand (places from the start of ``data``)."""

    data: bytes
    done: int  # bytes of the source; one less than ``data`` where an end of line was added
    is_sound: bool  # no quote out of place up to the end of what was looked at
    ends: _Places = field(default_factory=_none)  # line feeds, or lone carriage returns, that end records
    separators: _Places = field(default_factory=_none)  # outside quotes
    counts: _Places = field(default_factory=_none)  # separators of each record
    pairs: _Places = field(default_factory=_none)  # carriage returns before line feeds, outside quotes
    lone: _Places = field(default_factory=_none)  # carriage returns that end records
    has_quoted_line_ends: bool = False


class Normaliser:
    """Cuts a text into slices of plain CSV."""

    def __init__(self, text: Text, folder: Path, *, separator: bytes, width: int) -> None:
        """``folder`` is for scratch; ``width`` is the number of headers."""
        self._text, self._folder = text, folder
        self._bytes = Bytes(text)
        self._separator, self._width = separator, width
        self._octet = separator[0]
        self._blanks = b" \t\r\n" + separator

    def slices(self, start: int, first_row: int, *, exactly: bool = False) -> Iterator[Slice]:
        """The records from ``start`` on, of which the first has the number ``first_row``.

        Long runs of blank records at the end are left out. ``exactly`` reads every record by ``records`` alone. Who
        takes a slice closes its data.
        """
        self._slice = self._new_slice(first_row)
        position, length = start, _SMALL_BYTES
        while not self._is_blank_from(position, length):
            chunk = _Chunk(b"", 0, is_sound=False)
            if not exactly:
                data = self._text.read(position, length)
                if plain := self._plain_records(data):
                    chunk = _Chunk(b"", plain, is_sound=True)
                else:
                    chunk = self._whole_records(position, data)
                    self._pass(position, chunk)
                position += chunk.done
            length = min(_CHUNK_BYTES, length * 4)
            if not chunk.is_sound:
                # a quote out of place, or a record longer than the chunk: a small stretch exactly
                stop = position + _SMALL_BYTES
                while position < stop and not self._text.is_end(position):
                    position = self._exact(position)
                length = _SMALL_BYTES
            if self._slice.data.size >= _SLICE_BYTES:
                yield self._slice
                self._slice = self._new_slice(self._slice.next_row)
        yield self._slice

    def _new_slice(self, first_row: int) -> Slice:
        return Slice(Scratch(self._folder, _SLICE_BYTES), first_row)

    def _is_blank_from(self, position: int, length: int) -> bool:
        """Whether nothing but separators and white space follows, up to the end."""
        while data := self._text.read(position, length):
            if data.strip(self._blanks):
                return False
            position += len(data)
        return True

    def _spoil(self, row_no: int, text: bytes, *, is_broken: bool) -> None:
        self._slice.spoiled[row_no] = Spoiled(text.decode("utf-8"), is_broken)

    def _exact(self, position: int) -> int:
        """Reads one record exactly and writes it anew; gives the place of the next."""
        made = self._slice
        record = read_record(self._bytes, position, self._separator)
        cells = record.cells
        if record.is_broken:
            self._spoil(made.next_row, self._bytes.slice(record.start, record.end), is_broken=True)
        elif surplus := _filled(cells[self._width :]):
            self._spoil(made.next_row, surplus, is_broken=False)
        written = [self._written(cell) for cell in cells[: self._width]]
        line = self._separator.join([*written, *[b""] * (self._width - len(written))])
        made.has_quoted_line_ends |= b"\n" in line or b"\r" in line
        made.longest_bytes = max(made.longest_bytes, len(line) + 1)
        made.records += 1
        made.data.write(line + b"\n")
        return record.following

    def _written(self, cell: bytes) -> bytes:
        """A cell as DuckDB takes it: quoted where a separator, quote or line end makes it necessary."""
        if b'"' in cell or b"\n" in cell or b"\r" in cell or self._separator in cell:
            return b'"' + cell.replace(b'"', b'""') + b'"'
        return cell

    def _plain_records(self, data: bytes) -> int:
        """Passes whole records without quotes on when all have the right width; gives how many bytes, or 0."""
        done = data.rfind(b"\n") + 1
        if not done or b'"' in data or b"\r" in data:
            return 0
        octets = np.frombuffer(data, np.uint8, done)
        is_feed = octets == _FEED
        marks = octets[is_feed | (octets == self._octet)]
        if len(marks) % self._width:
            return 0
        marks = marks.reshape(-1, self._width)
        if (marks[:, -1] != _FEED).any() or (marks[:, :-1] == _FEED).any():
            return 0
        self._slice.longest_bytes = max(
            self._slice.longest_bytes, int(np.diff(np.flatnonzero(is_feed), prepend=-1).max())
        )
        self._slice.records += len(marks)
        self._slice.data.write(data[:done])
        return done

    def _whole_records(self, position: int, data: bytes) -> _Chunk:
        """The whole records at the start of ``data``, which stands at ``position``, and the marks in them."""
        read = len(data)
        is_last = self._text.is_end(position + read)
        if is_last and not data.endswith((b"\n", b"\r")):
            data += b"\n"
        octets = np.frombuffer(data, np.uint8)
        wanted = (octets == self._octet) | (octets == _FEED) | (octets == _QUOTE)
        if b"\r" in data:
            wanted |= octets == _RETURN
        places = np.flatnonzero(wanted)
        kinds = octets[places]
        is_quote = kinds == _QUOTE
        sound_to = len(data)
        outside = ~is_quote
        if is_quote.any():
            inside = (np.cumsum(is_quote) & 1).astype(bool)  # after each mark, when all quotes are in their place
            sound_to = self._first_odd_quote(octets, places[is_quote], inside[is_quote])
            outside &= ~inside
        following = octets[np.minimum(places + 1, len(data) - 1)]
        is_return = outside & (kinds == _RETURN)
        # at the end of a chunk that is not the last, whether a line feed follows is not known yet
        is_pair = is_return & (following == _FEED) & (places + 1 < len(data))
        is_lone = is_return & ~is_pair & ((places + 1 < len(data)) | is_last)
        is_end = ((outside & (kinds == _FEED)) | is_lone) & (places < sound_to)
        ends = np.flatnonzero(is_end)
        if not len(ends):
            return _Chunk(b"", 0, is_sound=False)
        cut = int(places[ends[-1]]) + 1
        upto = int(ends[-1]) + 1
        places, kinds, outside = places[:upto], kinds[:upto], outside[:upto]
        is_separator = outside & (kinds == self._octet)
        before = np.cumsum(is_separator)[ends]
        return _Chunk(
            data=data[:cut],
            done=min(cut, read),
            is_sound=sound_to == len(data),
            ends=places[ends],
            separators=places[is_separator],
            counts=np.diff(before, prepend=0),
            pairs=places[is_pair[:upto]],
            lone=places[is_lone[:upto]],
            has_quoted_line_ends=bool((~outside & ((kinds == _FEED) | (kinds == _RETURN))).any()),
        )

    def _first_odd_quote(self, octets: _Octets, quotes: _Places, opens: _Mask) -> int:
        """The place of the first quote that does not stand where quotes may; the length when all do."""
        stops = np.zeros(256, bool)
        stops[[self._octet, _FEED, _RETURN, _QUOTE]] = True
        previous = stops[octets[quotes - 1]] | (quotes == 0)
        following = stops[octets[np.minimum(quotes + 1, len(octets) - 1)]]
        odd = quotes[np.where(opens, ~previous, ~following)]
        return int(odd[0]) if len(odd) else len(octets)

    def _pass(self, position: int, chunk: _Chunk) -> None:
        """Hands whole records on, padded or cut to the width."""
        if not chunk.done:
            return
        made = self._slice
        missing = self._width - 1 - chunk.counts
        lengths = np.diff(chunk.ends, prepend=-1) + np.maximum(missing, 0)
        made.longest_bytes = max(made.longest_bytes, int(lengths.max()))
        made.has_quoted_line_ends |= chunk.has_quoted_line_ends
        first = made.next_row
        made.records += len(chunk.ends)
        if not missing.any() and not len(chunk.pairs) and not len(chunk.lone):
            made.data.write(chunk.data)
            return
        octets = np.frombuffer(chunk.data, np.uint8)
        if len(chunk.lone):
            octets = octets.copy()
            octets[chunk.lone] = _FEED
        keep = np.ones(len(octets), bool)
        if (missing < 0).any():
            keep = self._without_surplus(position, chunk, missing < 0, first)
        keep[chunk.pairs] = False
        if (missing > 0).any():
            added = np.repeat(chunk.ends, np.maximum(missing, 0))
            octets, keep = np.insert(octets, added, self._octet), np.insert(keep, added, True)
        made.data.write(octets[keep].tobytes())

    def _without_surplus(self, position: int, chunk: _Chunk, is_wide: _Mask, first: int) -> _Mask:
        """Which bytes stay when surplus cells go; filled ones are kept in ``spoiled``."""
        firsts = np.cumsum(chunk.counts) - chunk.counts + self._width - 1
        starts = chunk.separators[firsts[is_wide]]
        ends = chunk.ends[is_wide]
        octets = np.frombuffer(chunk.data, np.uint8)
        ends = ends - ((octets[ends] == _FEED) & (octets[ends - 1] == _RETURN))
        surplus = chunk.counts[is_wide] - (self._width - 1)
        numbers = first + np.flatnonzero(is_wide)
        for n in np.flatnonzero(ends - starts != surplus):  # the others are separators and nothing else
            tail = read_record(self._bytes, position + int(starts[n]) + 1, self._separator)
            if text := _filled(tail.cells):
                self._spoil(int(numbers[n]), text, is_broken=False)
        steps = np.zeros(len(octets) + 1, np.int8)
        steps[starts] = 1
        steps[ends] -= 1
        inside: NDArray[np.int8] = np.cumsum(steps[:-1], dtype=np.int8)
        return np.equal(inside, 0)


def _filled(cells: list[bytes]) -> bytes:
    """The cells that hold more than white space, joined by blanks."""
    return b" ".join(cell for cell in cells if cell and clean(cell.decode("utf-8")))
