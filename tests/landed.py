"""Homes with raw rows written directly, for tests of the checks: no files, no landing."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reentry.check import CheckReport, check
from reentry.contract import Feed, feeds
from reentry.reference import load_reference
from reentry.settings import Settings
from reentry.store import Home, open_warehouse
from reentry.vault import Vault

SECRET = b"secret of a test"
# one row of each feed that breaks no rule, delivered on 2025-06-30
GOOD: dict[str, dict[str, str]] = {
    "corrections.releases": {
        "release_no": "SF1", "name": "张三", "sex": "女", "id_no": "11010519491231002X", "birth_date": "1949-12-31",
        "household_district": "铜梁", "household_township": "安居", "sentence_months": "三年",
        "admitted_on": "2022-05-01",
        "released_on": "2025-05-01", "release_type": "刑满释放", "prior_convictions": "0", "assessed_level": "1",
    },
    "justice.register": {
        "register_no": "D1", "name": "张三", "id_no": "11010519491231002X", "township": "安居司法所",
        "handed_over_on": "2025-05-02", "handover_mode": "3", "registered_on": "2025-05-03", "is_key": "否",
    },
    "justice.visits": {"visit_no": "Z1", "register_no": "D1", "visited_on": "2025-06-01", "visitor": "司法所"},
    "justice.risk_assessments": {
        "assessment_no": "P1", "register_no": "D1", "assessed_on": "2025-06-01", "colour": "红",
    },
    "justice.sweeps": {
        "township": "安居", "month": "2025-05", "checked_persons": "3", "risks_found": "0",
        "completed_on": "2025-06-01",
    },
    "police.reoffences": {
        "record_no": "J1", "case_no": "A1", "name": "张三", "sex": "女", "id_no": "11010519491231002X",
        "birth_date": "1949-12-31", "offended_on": "2025-06-01", "filed_on": "2025-06-02", "case_kind": "刑事",
        "case_stage": "立案",
    },
    "police.residence": {
        "id_no": "11010519491231002X", "name": "张三", "residence_district": "铜梁区", "residence_township": "安居镇",
        "checked_on": "2025-06-01", "status": "在控",
    },
    "civil_affairs.relief": {
        "payment_no": "F1", "grant_no": "S1", "name": "张三", "id_no": "11010519491231002X", "township": "安居镇",
        "relief_type": "低保", "granted_on": "2025-05-01", "paid_on": "2025-05-02", "amount_yuan": "800", "status": "1",
    },
    "housing.relief": {
        "payment_no": "F1", "grant_no": "S1", "name": "张三", "id_no": "11010519491231002X", "relief_type": "6",
        "granted_on": "2025-05-01", "status": "1",
    },
    "hr.training": {
        "enrolment_no": "T1", "name": "张三", "id_no": "11010519491231002X", "course": "焊工",
        "started_on": "2025-05-01", "finished_on": "2025-05-20", "passed": "是", "subsidy_yuan": "0",
    },
    "hr.public_posts": {
        "post_no": "G1", "category": "保洁", "township": "安居", "developed_on": "2025-01-01", "name": "张三",
        "id_no": "11010519491231002X", "started_on": "2025-02-01", "ended_on": "2025-03-01",
    },
    "hr.employment": {
        "record_no": "Y1", "name": "张三", "id_no": "11010519491231002X", "kind": "就业", "recorded_on": "2025-06-01",
    },
    "health.counselling": {
        "record_no": "X1", "name": "张三", "id_no": "11010519491231002X", "counselled_on": "2025-06-01",
    },
    "city.benchmarks": {
        "district": "铜梁", "quarter": "2025年一季度", "at_risk_persons": "100", "reoffenders": "1",
    },
    "finance.budget": {"year": "2025", "item": "走访", "budget_yuan": "10万元", "spent_yuan": "0"},
}  # fmt: skip


def feed_of(feed_id: str) -> Feed:
    """The contract of a feed."""
    return next(feed for feed in feeds() if feed.id == feed_id)


@dataclass
class Batch:
    """A delivery: its rows by column, as text; row numbers start at 2."""

    feed: str
    rows: list[dict[str, Any]]
    delivered_on: date = date(2025, 6, 30)
    layout: list[dict[str, Any]] = field(default_factory=list)
    hidden_sheets: list[str] = field(default_factory=list)


@cache
def _empty_home() -> TemporaryDirectory[str]:
    """What every home begins with, made once: half a second of work."""
    folder = TemporaryDirectory(prefix="reentry-landed-")
    home = Home(Path(folder.name))
    home.building.mkdir()
    with open_warehouse(home, Vault(SECRET), write=True) as con:
        load_reference(con, Settings())
    return folder


@dataclass(frozen=True)
class Found:
    """A finding as tests compare it."""

    rule: str
    row_no: int | None
    column: str | None = None


class LandedHome:
    """A home in a folder, filled batch by batch."""

    def __init__(self, folder: Path) -> None:
        """``folder`` exists."""
        self.home, self.vault = Home(folder), Vault(SECRET)
        shutil.copytree(_empty_home().name, folder, dirs_exist_ok=True)

    def land(self, batch_id: int, batch: Batch) -> None:
        """Writes a batch; ``row_kind`` is data unless given, and columns that a row lacks are null."""
        feed = feed_of(batch.feed)
        names = (*feed.column_names, "withdrawn", "other", "spoiled", "notes")
        with open_warehouse(self.home, self.vault, write=True) as con:
            con.execute(
                "insert into warehouse.landing.batches (batch_id, agency, feed, file_name, path, sha256, delivered_on,"
                " delivery_no, landed_on, header, header_row, rows_read, rows_skipped, hidden_sheets, columns)"
                " values (?, ?, ?, ?, ?, ?, ?, 1, ?, ['x'], 1, ?, 0, ?, ?)",
                [
                    batch_id, feed.agency, feed.name, f"{feed.name}_{batch.delivered_on:%Y%m%d}.csv", f"{batch_id}",
                    f"{batch_id}", batch.delivered_on, batch.delivered_on, len(batch.rows), batch.hidden_sheets,
                    json.dumps(batch.layout),
                ],
            )  # fmt: skip
            con.executemany(
                f"insert into warehouse.raw.{feed.table} (batch_id, row_no, row_kind, {', '.join(names)})"
                f" values (?, ?, ?, {', '.join('?' * len(names))})",
                [
                    [batch_id, n, row.get("row_kind", "data"), *(row.get(name) for name in names)]
                    for n, row in enumerate(batch.rows, 2)
                ],
            )

    def check(self) -> CheckReport:
        """Checks what is new."""
        return check(self.home, self.vault, Settings(), lambda _: None)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The result of a query on the warehouse."""
        with open_warehouse(self.home, self.vault, write=False) as con:
            return con.execute(query, list(values)).fetchall()

    def findings(self, batch_id: int) -> set[Found]:
        """The findings of a batch."""
        found = self.rows(
            "select rule, row_no, column_name, key from warehouse.landing.findings where batch_id = ?", batch_id
        )
        assert len(found) == len(set(found)), "a finding is there twice"
        return {Found(*row[:3]) for row in found}
