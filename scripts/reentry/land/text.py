"""The text of a CSV file, in one of four encodings, as UTF-8 that is decoded while it is read (FEEDS §1)."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch

CHUNK_BYTES = 1 << 20
LAST_RESORT = "gb18030"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class OtherEncodingError(Exception):
    """What began as UTF-8 is none: to be read from the start as LAST_RESORT."""


class Text:
    """UTF-8 without BOM of an open file, kept in a scratch as far as it has been read.

    The encoding: by BOM, then strict UTF-8, then strict GB18030. Line ends are line feeds up to the first chunk with a
    quote; from there they are as in the file.
    """

    def __init__(self, file: BinaryIO, scratch: Scratch, *, encoding: str | None = None) -> None:
        """``scratch`` is empty; ``encoding`` is given when reading as UTF-8 has failed."""
        self._file, self._scratch = file, scratch
        file.seek(0)
        start = file.read(3)
        bom, found = next(((bom, name) for bom, name in _BOMS if start.startswith(bom)), (b"", "utf-8"))
        self.encoding = encoding or found
        self._has_bom = bom != b""
        self._offset = len(bom)
        self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        self._line_ends = _LineEnds()
        self._is_whole = False

    def read(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes of UTF-8 from ``start`` on; fewer only at the end.

        RefusedError B1 names the offset of the first byte that is in none of the encodings.
        """
        while not self._is_whole and self._scratch.size < start + length:
            self._decode_chunk()
        return self._scratch.read(start, length)

    def is_end(self, position: int) -> bool:
        """Whether the text ends at ``position``."""
        return not self.read(position, 1)

    def read_whole(self) -> None:
        """Decodes what is left, for the sake of what may be wrong with it."""
        while not self._is_whole:
            self._decode_chunk()

    def _decode_chunk(self) -> None:
        self._file.seek(self._offset)
        data = self._file.read(CHUNK_BYTES)
        held = len(self._decoder.getstate()[0])  # bytes of a character begun in the chunk before
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            self._fail(self._offset - held + error.start)
            return
        self._scratch.write(self._line_ends.unify(text.encode("utf-8"), final=not data))
        self._offset += len(data)
        self._is_whole = not data

    def _fail(self, offset: int) -> None:
        """Turns to the last resort, where there is one."""
        if self._has_bom:
            raise RefusedError("B1", f"不是有效的 {self.encoding.upper()}（字节偏移 {offset}），请重新导出后再报")
        if self.encoding == LAST_RESORT:
            place, is_utf_8 = _fault(self._file, offset)
            name = "UTF-8 文本在此处损坏" if is_utf_8 else "既非 UTF-8、UTF-16，也非 GB18030"
            raise RefusedError("B1", f"{name}（字节偏移 {place}），请重新导出后再报")
        if self._offset:
            raise OtherEncodingError
        self.encoding = LAST_RESORT
        self._decoder = codecs.getincrementaldecoder(LAST_RESORT)("strict")


def _fault(file: BinaryIO, offset: int) -> tuple[int, bool]:
    """The byte to name of a file that is sound in neither encoding, and whether the file is meant to be UTF-8.

    ``offset`` is the first that is no GB18030. UTF-8 it is when more of the file is sound so, and says more than ASCII.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_ascii, read = True, 0
    file.seek(0)
    while True:
        data = file.read(CHUNK_BYTES)
        held = len(decoder.getstate()[0])
        try:
            is_ascii &= decoder.decode(data, final=not data).isascii()
        except UnicodeDecodeError as error:
            place = read - held + error.start
            sound = (data[: error.start - held] if error.start >= held else b"").isascii()
            return (place, True) if place > offset and not (is_ascii and sound) else (offset, False)
        if not data:
            return offset, False
        read += len(data)


class _LineEnds:
    """Makes every line end a line feed while no quote has been seen; after that quotes decide, in ``normalise``."""

    def __init__(self) -> None:
        self._held = b""
        self._quoted = False

    def unify(self, data: bytes, *, final: bool) -> bytes:
        data = self._held + data
        self._held = b""
        self._quoted = self._quoted or b'"' in data
        if self._quoted or b"\r" not in data:
            return data
        if data.endswith(b"\r") and not final:  # its line feed may come with the next chunk
            data, self._held = data[:-1], b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
