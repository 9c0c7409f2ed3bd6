"""The contract of each feed, read from ``models/staging/<agency>/<agency>__sources.yml``.

That file alone says which headers, types and keys a feed has; landing, checking and dbt all read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reentry.contract_faults import faults_of_source
from reentry.errors import UsageError
from reentry.plain_yaml import read_yaml
from reentry.project import MODELS, ROOT

SQL_TYPES = {
    "text": "VARCHAR",
    "person_name": "VARCHAR",
    "resident_id": "VARCHAR",
    "code": "VARCHAR",
    "township": "VARCHAR",
    "district": "VARCHAR",
    "date": "DATE",
    "month": "DATE",
    "quarter": "DATE",
    "duration": "INTEGER",
    "integer": "BIGINT",
    "money": "DECIMAL(18, 2)",
    "flag": "BOOLEAN",
}

WITHDRAWN_HEADER = "作废"


@dataclass(frozen=True)
class Column:
    """One column of a feed: its headers (first is the official one), cell type and duties."""

    name: str
    headers: tuple[str, ...]
    type: str
    required: bool
    code_list: str | None
    drop_suffix: str | None
    totalled: bool
    fills_down: bool = False  # a cell merged downwards holds for all its rows

    @property
    def sql_type(self) -> str:
        """The DuckDB type of the parsed value."""
        return SQL_TYPES[self.type]

    @property
    def is_number(self) -> bool:
        """Whether it is the business number of something (编号, 文号): a text column whose name ends in ``_no``."""
        return self.type == "text" and self.name.endswith("_no")


@dataclass(frozen=True)
class Feed:
    """One feed of one agency."""

    agency: str
    agency_zh: str
    name: str
    name_zh: str
    semantics: str  # incremental | snapshot
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def id(self) -> str:
        """The name used in figures and findings, such as ``justice.register``."""
        return f"{self.agency}.{self.name}"

    @property
    def table(self) -> str:
        """The table name in the schemas ``raw`` and ``checked``."""
        return f"{self.agency}__{self.name}"

    def hides(self, column: Column) -> bool:
        """Whether a column is an id number and the key, or a part of it: none of it is shown, as of other keys."""
        return column.type == "resident_id" and column.name in self.key

    @property
    def has_id_key(self) -> bool:
        """Whether the key is an id number, or has one in it: it is never shown then."""
        return any(self.hides(column) for column in self.columns)

    @property
    def is_snapshot(self) -> bool:
        """Whether a delivery is the whole list on its day."""
        return self.semantics == "snapshot"

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the feed has none."""
        return {c.name: c for c in self.columns}[name]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the order of the contract."""
        return tuple(c.name for c in self.columns)


def _column(raw: dict[str, Any]) -> Column:
    meta = raw["config"]["meta"]
    return Column(
        name=raw["name"],
        headers=tuple(meta["headers"]),
        type=meta["type"],
        required=meta.get("required", False),
        code_list=meta.get("list"),
        drop_suffix=meta.get("drop_suffix"),
        totalled=meta["type"] == "money" or meta.get("totalled", False),
        fills_down=meta["type"] in ("township", "district") or meta.get("fills_down", False),
    )


def _sources(path: Path) -> list[dict[str, Any]]:
    """The agencies of a contract file; UsageError names the first thing wrong in it."""
    where = path.relative_to(ROOT).as_posix()
    sources: list[dict[str, Any]] = read_yaml(path, where).get("sources") or []
    for source in sources:
        for fault in faults_of_source(source, path.parent.name, SQL_TYPES):
            raise UsageError(f"{where}: {fault}.")
    return sources


def _feeds(path: Path) -> list[Feed]:
    feeds = []
    for source in _sources(path):
        for table in source["tables"]:
            meta = table["config"]["meta"]
            feeds.append(
                Feed(
                    agency=source["name"],
                    agency_zh=source["config"]["meta"]["name_zh"],
                    name=table["name"],
                    name_zh=meta["name_zh"],
                    semantics=meta["semantics"],
                    key=tuple(meta["key"]),
                    columns=tuple(_column(c) for c in table["columns"]),
                )
            )
    return feeds


@cache
def feeds() -> tuple[Feed, ...]:
    """All feeds, in the order of the agencies' folders."""
    paths = sorted(MODELS.glob("staging/*/*__sources.yml"))
    return tuple(feed for path in paths for feed in _feeds(path))


def feed_rows() -> list[dict[str, str]]:
    """The feeds for a list of them: of which agency, under which names, as a whole list or what is new."""
    return [
        {
            "feed": feed.id,
            "name": feed.name,
            "agency_zh": feed.agency_zh,
            "feed_zh": feed.name_zh,
            "kind_zh": "全量" if feed.is_snapshot else "增量",
        }
        for feed in feeds()
    ]


def key_of(feed: Feed) -> str:
    """SQL of the natural key of a typed row, its parts joined with ``|``; null when one is missing."""
    return " || '|' || ".join(f"{name}::varchar" for name in feed.key)
