"""Writes CSV as whole columns; only rows that are changed are put together one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CHUNK = 500_000
_BOM = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}
_CODEC = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}


def quoted(cell: str, separator: str) -> str:
    """The cell, in quotes where it needs them."""
    if separator in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _quote(column: pa.Array, separator: str) -> pa.Array:
    data = column.buffers()[2]
    raw = b"" if data is None else memoryview(data).tobytes()
    if not any(mark in raw for mark in (b'"', b"\r", b"\n", separator.encode())):
        return column
    risky = pc.match_substring_regex(column, f'["\r\n{separator}]')
    inner = pc.replace_substring(column, '"', '""')
    return pc.if_else(risky, pc.binary_join_element_wise('"', inner, '"', ""), column)


def write_columns(
    path: Path, head: Sequence[str], columns: Sequence[pa.Array], *, separator: str, encoding: str, newline: str,
    lines: dict[int, str], tail: Sequence[str],
) -> None:  # fmt: skip
    """Writes ``head`` lines, the columns row by row, ``tail`` lines; ``lines`` replaces rows by position."""
    codec = _CODEC.get(encoding, encoding)
    with path.open("wb") as file:
        file.write(_BOM.get(encoding, b""))
        file.write("".join(line + newline for line in head).encode(codec))
        ready = [_quote(column, separator) for column in columns]
        size = len(columns[0]) if columns else 0
        for start in range(0, size, _CHUNK):
            part = [c.slice(start, _CHUNK) for c in ready]
            block = pc.binary_join_element_wise(*part, separator)
            special = sorted(i for i in lines if start <= i < start + len(block))
            if special:
                mask = np.zeros(len(block), dtype=bool)
                mask[np.array(special) - start] = True
                block = pc.replace_with_mask(block, pa.array(mask), pa.array([lines[i] for i in special], pa.string()))
            whole = pc.binary_join_element_wise(block, "", newline)
            file.write(_text(whole).encode(codec) if codec != "utf-8" else _text(whole).encode())
        file.write("".join(line + newline for line in tail).encode(codec))


def _text(block: pa.Array) -> str:
    """All strings of an array one after the other."""
    offsets = block.buffers()[1]
    data = block.buffers()[2]
    if data is None or offsets is None:
        return ""
    first = int.from_bytes(offsets[block.offset * 4 : block.offset * 4 + 4].to_pybytes(), "little")
    end = (block.offset + len(block)) * 4
    last = int.from_bytes(offsets[end : end + 4].to_pybytes(), "little")
    return bytes(data[first:last]).decode()
