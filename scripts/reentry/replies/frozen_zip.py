"""Word and Excel files with the same bytes every time: fixed times and order, nothing compressed."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

EPOCH = (1980, 1, 1, 0, 0, 0)
TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
STAMP = rb"\g<1>2000-01-01T00:00:00Z\g<2>"


def frozen_zip(made: bytes) -> bytes:
    """The same parts, sorted, stored, without times.

    Stored, because compressed bytes differ from one zlib to the next, and a pack must be rebuilt bit for bit for years.
    """
    with ZipFile(BytesIO(made)) as archive:
        return pack_parts({name: archive.read(name) for name in archive.namelist()})


def pack_parts(parts: dict[str, bytes]) -> bytes:
    """An archive of these parts; the content types come first, as readers expect."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name in sorted(parts, key=lambda part: (part != "[Content_Types].xml", part)):
            entry = ZipInfo(name, EPOCH)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, TIMES.sub(STAMP, parts[name]) if name == "docProps/core.xml" else parts[name])
    return out.getvalue()
