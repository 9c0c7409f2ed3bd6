"""What the two halves of the oracle hand to each other: deliveries in, rows and findings out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

Value = str | int | bool | date | Decimal | None


@dataclass(frozen=True)
class District:
    """The settings of a district, as in reentry.toml; codes are text."""

    district_code: str
    townships: dict[str, str]  # township_code -> township_name, own district only
    districts: dict[str, str]  # district_code -> district_name
    handover_days: int = 7
    one_sided_days: int = 15
    horizons: tuple[int, ...] = (183, 365, 730, 1095, 1825)
    term_years: dict[str, int] = field(default_factory=lambda: {"1": 5, "2": 5, "3": 3, "4": 5})
    visit_days: dict[str, int] = field(default_factory=lambda: {"红": 7, "橙": 15, "黄": 31, "蓝": 92, "未赋色": 92})
    library: tuple[str, ...] = ("红", "橙")
    rhythm_days: dict[str, int] = field(default_factory=lambda: {"default": 35})


@dataclass
class Row:
    """One row read from a file. ``values`` has the typed value of every contract column; codes as their code."""

    feed: str  # agency.feed, such as "justice.register"
    row_no: int  # 1-based record number in the file, titles and header counted
    outcome: str  # accepted | quarantined | skipped
    values: dict[str, Value]
    key: tuple[Value, ...] | None  # typed natural key, None when a part of it is null
    withdrawn: bool = False
    batch: Batch | None = None


@dataclass
class Batch:
    """One landed file."""

    feed: str
    path: Path
    delivered_on: date
    delivery_no: int  # _<n> of the file name, 1 without it
    rows: list[Row] = field(default_factory=list)
    order: int = 0  # position among the batches of all feeds, by (delivered_on, delivery_no, path)


@dataclass(frozen=True)
class Finding:
    """One finding of a file or row rule; row_no and column are None where they do not apply."""

    rule: str
    severity: str  # block | quarantine | warn | info
    feed: str | None
    file: str
    delivered_on: date | None
    row_no: int | None
    column: str | None


@dataclass
class Delivered:
    """All that an inbox gives, every delivery up to ``today``."""

    batches: list[Batch]  # landed, in order; duplicates (D1) are not here
    duplicates: list[tuple[str, date]]  # (feed, delivered_on) of D1 deliveries: they count as a delivery
    findings: list[Finding]
    links: list[dict[str, str]]  # lines of links.csv, as text, in order
