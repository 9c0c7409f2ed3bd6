"""The cases of rows.yml as an inbox of two rounds of deliveries, and whose finding is whose."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from landed import GOOD, feed_of
from oracle.people import with_check_character

ROUNDS = {1: date(2025, 5, 14), 2: date(2025, 6, 18)}
TODAY = date(2025, 6, 19)
FIRES, SILENT = "fires", "silent"
# a row that breaks no rule but the one its case is for; the person's cells are the person's. A feed that
# is not here has its good row
USUAL: dict[str, dict[str, str]] = {
    "corrections.releases": {
        "household_district": "潼南区", "admitted_on": "2022-01-14", "released_on": "2025-01-15",
        "release_type": "刑满释放",
    },
    "justice.register": {"township": "安居镇", "registered_on": "2025-06-01"},
    "justice.visits": {"register_no": "无", "visited_on": "2025-06-15", "visitor": "帮教小组"},
    "justice.risk_assessments": {"register_no": "无", "assessed_on": "2025-06-15", "colour": "蓝"},
    "justice.sweeps": {"township": "安居镇", "month": "2025-03", "checked_persons": "3", "completed_on": "2025-06-01"},
    "police.reoffences": {"case_no": "A1", "offended_on": "2025-06-02", "case_kind": "刑事", "case_stage": "立案"},
    "police.residence": {"residence_district": "铜梁区", "checked_on": "2025-06-01", "status": "在控"},
    "civil_affairs.relief": {
        "grant_no": "G1", "relief_type": "临时救助", "granted_on": "2025-06-01", "paid_on": "2025-06-02",
        "amount_yuan": "500", "status": "1",
    },
    "hr.training": {"course": "焊工", "started_on": "2025-05-01"},
    "hr.public_posts": {"category": "保洁", "developed_on": "2020-01-01", "started_on": "2025-02-01"},
    "hr.employment": {"kind": "就业", "recorded_on": "2025-06-01"},
    "finance.budget": {"year": "2025", "budget_yuan": "100"},
    "city.benchmarks": {},
}  # fmt: skip
_OWN = ("key", "person", "round", "times", "surplus")


@dataclass(frozen=True)
class Place:
    """Where a row of a case stands, and the key a finding names."""

    feed: str
    round: int
    row_no: int


@dataclass
class Casebook:
    """All rows of all cases, written; ``places`` by rule and side."""

    places: dict[tuple[str, str], set[Place]] = field(default_factory=lambda: defaultdict(set))
    keys: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    rows: dict[tuple[str, int], list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    persons: int = 0


@cache
def cases() -> dict[str, dict[str, Any]]:
    """What rows.yml says, by rule."""
    text = Path(__file__).with_name("rows.yml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded


def file_of(feed: str, number: int) -> str:
    """The name of the file that holds the rows of a feed and round."""
    return f"{feed.split('.')[1]}_{ROUNDS[number]:%Y%m%d}.csv"


def write_inbox(inbox: Path) -> Casebook:
    """Writes the deliveries of all cases; every feed comes in both rounds that have rows for it."""
    book = Casebook()
    for rule, case in cases().items():
        for side in (FIRES, SILENT):
            _add_case(book, rule, side, case[side])
    for (feed, number), rows in book.rows.items():
        _write(inbox / feed.split(".")[0] / file_of(feed, number), feed, rows)
    return book


def _add_case(book: Casebook, rule: str, side: str, rows: list[dict[str, dict[str, Any]]]) -> None:
    persons: dict[int, dict[str, str]] = {}
    mark = f"{rule}{side[0]}"
    for n, entry in enumerate(rows):
        ((feed, said),) = entry.items()
        number = int(said.get("person", 1))
        if number not in persons:
            book.persons += 1
            persons[number] = _person(book.persons) if number else {}
        for turn in range(int(said.get("times", 1))):
            key = f"{mark}-{said.get('key', f'{n}-{turn}')}"
            row = _row(feed, said, persons[number], mark, key)
            rounds = (1, 2) if said.get("round") == "both" else (int(said.get("round", 2)),)
            for which in rounds:
                place = book.rows[(feed, which)]
                place.append(row)
                book.places[(rule, side)].add(Place(feed, which, len(place) + 1))
            book.keys[(rule, side)].add(key)


def _person(serial: int) -> dict[str, str]:
    """A man of 1 January 1980 whom only his case knows: the 17th digit of his number is odd."""
    number = with_check_character(f"50022419800101{2 * serial + 1:03d}")
    return {"name": f"测{chr(0x4E10 + serial)}", "id_no": number}


def _row(feed: str, said: dict[str, Any], person: dict[str, str], mark: str, key: str) -> dict[str, str]:
    names = feed_of(feed).column_names
    row = {name: text for name, text in person.items() if name in names}
    first = feed_of(feed).key[-1]
    if feed not in ("police.residence", "justice.sweeps", "city.benchmarks"):
        row[first] = key
    good = GOOD[feed].items()
    row |= USUAL[feed] if feed in USUAL else {n: text for n, text in good if n not in (first, "name", "id_no")}
    for name, text in said.items():
        if name not in _OWN:
            row[name] = f"{mark}-{str(text)[1:]}" if str(text).startswith("@") else str(text)
    if "surplus" in said:
        row[""] = str(said["surplus"])
    return row


def _write(path: Path, feed: str, rows: list[dict[str, str]]) -> None:
    columns = feed_of(feed).columns
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.headers[0] for column in columns])
        for row in rows:
            surplus = [row[""]] if "" in row else []
            writer.writerow([row.get(column.name, "") for column in columns] + surplus)
