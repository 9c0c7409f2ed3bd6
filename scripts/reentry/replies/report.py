"""The figures of a pack for people (a workbook) and for machines (JSON)."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from reentry.replies.frozen_zip import frozen_zip
from reentry.replies.sources import feeds_of, files_of

if TYPE_CHECKING:
    from reentry.replies.figures import Printed
    from reentry.replies.pack import Content


def figures_json(content: Content, hashes: dict[str, str]) -> bytes:
    """The document of ``figures.json``; ``hashes`` are those of the other files of the pack."""
    basis = content.basis
    document = {
        "letter": content.letter.name,
        "number": content.letter.number,
        "document_number": content.letter.document_number,
        "title": content.letter.title,
        "pull": content.pull,
        "district_code": basis.district_code,
        "known_at": str(basis.known_at),
        "build": {
            "id": basis.build_id,
            "published_at": f"{basis.published_at.isoformat()}Z",
            "batches": len(basis.batches),
        },
        "windows": {
            name: {"from": str(w.starts_on), "to": str(w.ends_on), "as_of": str(w.as_of)}
            for name, w in content.windows.items()
        },
        "figures": [_figure(content, printed) for printed in content.figures],
        "batches": [{**batch, "delivered_on": str(batch["delivered_on"])} for batch in _batches(content)],
        "files": hashes,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _batches(content: Content) -> list[dict[str, Any]]:
    wanted = {feed for printed in content.figures for feed in feeds_of(printed.figure.id, content.basis.definitions)}
    return files_of(sorted(wanted), content.basis.batches)


def _figure(content: Content, printed: Printed) -> dict[str, Any]:
    hidden = content.hidden.get(printed.name)
    public = {"public": hidden.text if hidden else printed.text}
    if hidden:
        public["hidden_because"] = hidden.reason
    return {
        "name": printed.name,
        "printed": printed.text,
        "style": printed.figure.style,
        **public,
        "window": printed.figure.window,
        "from": str(printed.window.starts_on),
        "to": str(printed.window.ends_on),
        "as_of": str(printed.window.as_of),
        **printed.cell,
        "definition_zh": _meta(content, printed)["definition_zh"],
        "feeds": feeds_of(printed.figure.id, content.basis.definitions),
        "changed": next((c for c in content.changes if c["name"] == printed.name), None),
    }


def _meta(content: Content, printed: Printed) -> dict[str, Any]:
    return next(f for d in content.basis.definitions for f in d.figures if f["id"] == printed.figure.id)


def figures_workbook(content: Content) -> bytes:
    """The workbook ``figures.xlsx``: figures, changes, source files."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("指标")
    sheet.append(["占位符", "指标", "名称", "印作", "准确值"])
    for printed in content.figures:
        sheet.append([printed.name, printed.figure.id, printed.cell["name_zh"], printed.text, printed.cell["value"]])
    out = BytesIO()
    book.save(out)
    return frozen_zip(out.getvalue())
