"""From the bytes of a CSV file, in one of four encodings, to UTF-8 in a scratch (FEEDS §1)."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from reentry.land.refusal import RefusedError
from reentry.land.scratch import Scratch

CHUNK_BYTES = 4 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode_file(file: BinaryIO, scratch: Scratch) -> str:
    """Writes the text of a file as UTF-8, without BOM, into ``scratch``; gives the encoding it was in.

    By BOM, then strict UTF-8, then strict GB18030; RefusedError B1 names the offset of the first byte that is none of
    these. Ends of lines become line feeds up to the first chunk with a quote.
    """
    file.seek(0)
    start = file.read(3)
    bom, encoding = next(((bom, name) for bom, name in _BOMS if start.startswith(bom)), (b"", "utf-8"))
    failed = _decode(file, scratch, encoding, skip=len(bom))
    if failed is not None and not bom:
        encoding = "gb18030"
        failed = _decode(file, scratch, encoding, skip=0)
    if failed is None:
        return encoding
    tried = f"不是有效的 {encoding.upper()}" if bom else "既非 UTF-8、UTF-16，也非 GB18030"
    raise RefusedError("B1", f"{tried}（字节偏移 {failed}）")


def _decode(file: BinaryIO, scratch: Scratch, encoding: str, *, skip: int) -> int | None:
    """Decodes the file from ``skip`` on; the offset of the first bad byte, or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line_ends = _LineEnds()
    scratch.truncate()
    file.seek(skip)
    offset = skip
    while True:
        data = file.read(CHUNK_BYTES)
        held = len(decoder.getstate()[0])  # bytes of a character begun in the chunk before
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            return offset - held + error.start
        scratch.write(line_ends.unify(text.encode("utf-8"), final=not data))
        if not data:
            return None
        offset += len(data)


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
