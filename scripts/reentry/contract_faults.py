"""What can be wrong in ``…__sources.yml``, said in one sentence: where, what, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from reentry.nearest import nearest
from reentry.project import EXPECTATIONS, MODELS, SEEDS

SEMANTICS = ("incremental", "snapshot")
TABLE_KEYS = ("name_zh", "semantics", "key")
COLUMN_KEYS = ("headers", "type", "required", "list", "drop_suffix", "totalled", "fills_down")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def faults_of_source(source: dict[str, Any], folder: str, types: Collection[str]) -> Iterator[str]:
    """The faults of an agency's contract, which lies in ``models/staging/<folder>/``; ``types``: of cells, known."""
    name = source.get("name", "")
    if name != folder:
        yield f"the source {name} lies in the folder {folder}: give both one name"
    if not _meta(source).get("name_zh"):
        yield f"the source {name} has no name_zh under config.meta: give the agency's Chinese name"
    for table in source.get("tables", []):
        feed = f"{name}.{table.get('name')}"
        yield from (f"{feed} {fault}" for fault in _faults_of_table(name, table, types))


def _faults_of_table(agency: str, table: dict[str, Any], types: Collection[str]) -> Iterator[str]:
    meta, columns = _meta(table), {column.get("name", ""): _meta(column) for column in table.get("columns", [])}
    yield from _keys(meta, TABLE_KEYS, must=TABLE_KEYS)
    if table.get("identifier") != f"{agency}__{table.get('name')}":
        yield f"has the identifier {table.get('identifier')}: write {agency}__{table.get('name')}"
    if meta.get("semantics") not in SEMANTICS:
        yield f"has the semantics {meta.get('semantics')}: write {' or '.join(SEMANTICS)}"
    for name, about in columns.items():
        yield from (f"{name} {fault}" for fault in _faults_of_column(name, about, types))
    for part in meta.get("key") or [""]:
        if part not in columns:
            yield f"has the key [{part}], which is none of its columns: name one of {', '.join(columns)}"
        elif not columns[part].get("required"):
            yield f"{part} is part of the key and so must be required: write required: true"
    heads = [header for about in columns.values() for header in about.get("headers", [])]
    for header in sorted({header for header in heads if heads.count(header) > 1}):
        yield f"has the header {header} at two columns: leave it at one"
    for path in (
        MODELS / "staging" / agency / f"stg_{agency}__{table.get('name')}.sql",
        EXPECTATIONS / agency / f"{table.get('name')}.yml",
    ):
        if not path.exists():
            yield f"lacks {path.relative_to(MODELS.parent)}: write it (docs/add-a-feed.md)"


def _faults_of_column(name: str, about: dict[str, Any], types: Collection[str]) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "is no column name: write small letters, digits and _"
    yield from _keys(about, COLUMN_KEYS, must=("headers", "type"))
    if not isinstance(about.get("headers"), list) or not about["headers"]:
        yield "needs a list of headers, such as [编号]"
    kind = about.get("type")
    if kind not in types:
        yield f"has the type {kind}: the nearest known one is {nearest(str(kind), types)}"
    if (kind == "code") != ("list" in about):
        yield "needs a list: with the type code, and only with it"
    elif kind == "code" and not (SEEDS / "codes" / f"{about['list']}.csv").exists():
        yield f"has the list {about['list']}: there is no seeds/codes/{about['list']}.csv, write it"


def _keys(meta: dict[str, Any], known: Collection[str], *, must: Collection[str]) -> Iterator[str]:
    for key in meta:
        if key not in known:
            yield f"has an unknown entry {key} under config.meta; the nearest known one is {nearest(key, known)}"
    for key in must:
        if key not in meta:
            yield f"has no {key} under config.meta: add it"


def _meta(of: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (of.get("config") or {}).get("meta") or {}
    return found
