"""The exact reading of CSV records: slow, plain, and the measure for the fast one in ``normalise``.

A quoted cell ends at its first quote that is not doubled. When anything but a separator or an end of line follows, or
there is no such quote, the line on which the cell began is broken (Q6): the cells before it stand, the rest of the line
is lost, and reading goes on at the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from reentry.land.text import Text

_WINDOW_BYTES = 1 << 20
_QUOTE = b'"'


class Bytes:
    """The bytes of a text, seen through a window: searching far costs time but no memory."""

    def __init__(self, text: Text) -> None:
        """Positions count from the start of ``text``."""
        self._text = text
        self._base = 0
        self._window = b""

    def _at(self, position: int) -> int:
        """Makes the window hold ``position``, or nothing when that is the end; gives its place there."""
        if not self._base <= position < self._base + len(self._window):
            self._base, self._window = position, self._text.read(position, _WINDOW_BYTES)
        return position - self._base

    def byte(self, position: int) -> bytes:
        """One byte; empty at the end."""
        at = self._at(position)
        return self._window[at : at + 1]

    def slice(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` up to ``end``."""
        if self._base <= start <= end <= self._base + len(self._window):
            return self._window[start - self._base : end - self._base]
        return self._text.read(start, end - start)

    def find(self, wanted: bytes, start: int) -> int:
        """Where the one byte ``wanted`` comes next; -1 when it does not."""
        while True:
            at = self._at(start)
            if not self._window:
                return -1
            found = self._window.find(wanted, at)
            if found >= 0:
                return self._base + found
            start = self._base + len(self._window)

    def line_end(self, start: int) -> int:
        """Where the line ends: its line feed or carriage return, or the end."""
        while True:
            at = self._at(start)
            if not self._window:
                return start
            feed = self._window.find(b"\n", at)
            back = self._window.find(b"\r", at, feed if feed >= 0 else len(self._window))
            if back >= 0 or feed >= 0:
                return self._base + (back if back >= 0 else feed)
            start = self._base + len(self._window)

    def after_line(self, end: int) -> int:
        """Where the next line begins, given where one ends; CR LF is one end."""
        if self.byte(end) == b"\r" and self.byte(end + 1) == b"\n":
            return end + 2
        return end + len(self.byte(end))


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells, those before the fault when its quotes are broken; where it ends and the next begins."""

    cells: list[bytes]
    is_broken: bool
    start: int
    end: int
    following: int


def read_record(source: Bytes, start: int, separator: bytes) -> Record:
    """The record that begins at ``start``, which lies before the end."""
    end = source.line_end(start)
    line = source.slice(start, end)
    if _QUOTE not in line:
        return Record(line.split(separator), False, start, end, source.after_line(end))
    cells: list[bytes] = []
    position = start
    while True:
        if source.byte(position) == _QUOTE:
            closing = _closing_quote(source, position)
            if closing < 0 or source.byte(closing + 1) not in (separator, b"\n", b"\r", b""):
                end = source.line_end(position)
                return Record(cells, True, start, end, source.after_line(end))
            cells.append(source.slice(position + 1, closing).replace(b'""', b'"'))
            position = closing + 1
        else:
            cell = source.slice(position, source.line_end(position)).partition(separator)[0]
            cells.append(cell)
            position += len(cell)
        if source.byte(position) != separator:
            return Record(cells, False, start, position, source.after_line(position))
        position += 1


def _closing_quote(source: Bytes, opening: int) -> int:
    """The first quote after ``opening`` that is not doubled; -1 when there is none."""
    position = source.find(_QUOTE, opening + 1)
    while position >= 0 and source.byte(position + 1) == _QUOTE:
        position = source.find(_QUOTE, position + 2)
    return position
