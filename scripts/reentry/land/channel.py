"""What the process that reads and its caller say to each other: JSON documents, words and open files on a socket."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from reentry.land.header import FileColumn, Header
from reentry.land.normalise import Slice, Spoiled
from reentry.land.prepare import Prepared
from reentry.land.scratch import Scratch
from reentry.land.sheets import LeftOut

_LENGTH_BYTES = 8


class Channel:
    """One end of the socket. Reading gives None when the other end is gone."""

    def __init__(self, end: socket.socket) -> None:
        """Takes the socket over."""
        self._end = end

    def close(self) -> None:
        """Hangs up."""
        self._end.close()

    def send(self, document: dict[str, Any]) -> None:
        """Sends a document."""
        data = json.dumps(document).encode("ascii")
        self._end.sendall(len(data).to_bytes(_LENGTH_BYTES, "big") + data)

    def receive(self) -> dict[str, Any] | None:
        """The next document."""
        length = self._exactly(_LENGTH_BYTES)
        data = self._exactly(int.from_bytes(length, "big")) if length is not None else None
        return None if data is None else json.loads(data)

    def send_file(self, descriptor: int) -> None:
        """Sends an open file."""
        socket.send_fds(self._end, [b"f"], [descriptor])

    def receive_file(self) -> int:
        """The next open file; EOFError when there is none."""
        data, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
        if not data or not descriptors:
            raise EOFError("no file came")
        return descriptors[0]

    def send_word(self, word: str) -> None:
        """Sends one of the words ``more`` and ``stop``."""
        self._end.sendall(word.encode("ascii"))

    def receive_word(self) -> str:
        """The next word; ``stop`` when the other end is gone."""
        data = self._exactly(4)
        return data.decode("ascii") if data else "stop"

    def _exactly(self, length: int) -> bytes | None:
        parts = []
        while length > 0:
            part = self._end.recv(min(length, 1 << 20))
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def header_document(prepared: Prepared) -> dict[str, Any]:
    """All of a file but its slices."""
    left_out = prepared.left_out
    return {
        "is": "headers",
        "headers": [
            [h.row_no, h.titles, [[c.header, c.column, c.unit, c.is_unknown, c.is_sealed] for c in h.columns]]
            for h in prepared.headers
        ],
        "separator": prepared.separator,
        "encoding": prepared.encoding,
        "sheets": prepared.sheets,
        "left_out": [left_out.hidden, left_out.without_header, left_out.repeated],
    }


def prepared_from(document: dict[str, Any], slices: Any) -> Prepared:
    """The other way round."""
    return Prepared(
        headers=tuple(
            Header(row_no, tuple(titles), tuple(FileColumn(*column) for column in columns))
            for row_no, titles, columns in document["headers"]
        ),
        slices=slices,
        separator=document["separator"],
        encoding=document["encoding"],
        sheets=tuple(document["sheets"]),
        left_out=LeftOut(*map(tuple, document["left_out"])),
    )


def slice_document(piece: Slice) -> dict[str, Any]:
    """A slice without its data."""
    return {
        "is": "slice",
        "first_row": piece.first_row,
        "sheet_no": piece.sheet_no,
        "records": piece.records,
        "longest_bytes": piece.longest_bytes,
        "has_quoted_line_ends": piece.has_quoted_line_ends,
        "spoiled": [[row, s.text, s.is_broken] for row, s in piece.spoiled.items()],
        "notes": list(piece.notes.items()),
    }


def slice_from(document: dict[str, Any], descriptor: int) -> Slice:
    """The other way round; the slice takes the open file over."""
    return Slice(
        data=Scratch.of(descriptor, os.fstat(descriptor).st_size),
        first_row=document["first_row"],
        records=document["records"],
        spoiled={row: Spoiled(text, is_broken) for row, text, is_broken in document["spoiled"]},
        notes=dict(document["notes"]),
        sheet_no=document["sheet_no"],
        longest_bytes=document["longest_bytes"],
        has_quoted_line_ends=document["has_quoted_line_ends"],
    )
