"""The district of the demo: its townships and the districts around it, from the seeds."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reentry.project import SEEDS

_ENDINGS = ("街道", "镇", "乡")


@dataclass(frozen=True)
class Place:
    """Codes are text; ``own`` is the position of the own district in ``district_codes``."""

    district_code: str
    township_codes: tuple[str, ...]
    township_names: tuple[str, ...]
    district_codes: tuple[str, ...]
    district_names: tuple[str, ...]

    @property
    def own(self) -> int:
        """Position of the own district."""
        return self.district_codes.index(self.district_code)

    def short_townships(self) -> list[str]:
        """Names without 街道, 镇, 乡 where that stays unique, full names elsewhere."""
        short = [_strip(name, _ENDINGS) for name in self.township_names]
        return [s if short.count(s) == 1 and s else full for s, full in zip(short, self.township_names, strict=True)]

    def short_districts(self) -> list[str]:
        """Names without 区, 县."""
        return [_strip(name, ("区", "县")) for name in self.district_names]


def _strip(name: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_place(district_code: str, townships: Sequence[tuple[str, str]] | None = None) -> Place:
    """The place of a district; ``townships`` as (code, name), by default those of the seed.

    Raises ValueError when the district has no townships.
    """
    if townships is None:
        rows = _rows(SEEDS / "townships.csv")
        townships = [(r["township_code"], r["township_name"]) for r in rows if r["district_code"] == district_code]
    if not townships:
        raise ValueError(f"no townships known for district [{district_code}]: pass townships=[(code, name), …]")
    districts = [(r["district_code"], r["district_name"]) for r in _rows(SEEDS / "districts.csv")]
    if district_code not in [code for code, _ in districts]:
        districts.append((district_code, district_code))
    return Place(
        district_code,
        tuple(code for code, _ in townships),
        tuple(name for _, name in townships),
        tuple(code for code, _ in districts),
        tuple(name for _, name in districts),
    )
