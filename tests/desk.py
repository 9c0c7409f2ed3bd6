"""An inbox and a home to try landing with, and files for it."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from reentry.land import LandReport, land
from reentry.land.limits import USUAL, Limits
from reentry.reference import load_reference
from reentry.settings import Settings
from reentry.store import Home, open_warehouse
from reentry.vault import open_vault

TODAY = date(2025, 6, 30)
SWEEPS = ["镇街", "月份", "排查人数", "发现风险", "完成日期"]
VISITS = ["走访编号", "档案编号", "走访日期", "走访方式"]
RELEASES = ["释放证明书编号", "姓名", "释放日期", "释放类型"]
REGISTER = ["档案编号", "姓名", "司法所", "列管日期"]
RELIEF = ["发放编号", "审批编号", "姓名", "救助类别", "批准日期", "金额", "发放状态"]
OFFENCES = ["记录编号", "案件编号", "姓名", "发案日期", "案件性质", "案件阶段", "证件号码"]
VISIT = ["V1", "D1", "2025-03-01", "1"]


def csv_bytes(*rows: list[str], encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(*rows: Sequence[object], make: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if make:
        make(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@dataclass
class Desk:
    """An inbox and a home, and what a clerk does with them."""

    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    def put(self, name: str, content: bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 10**9))  # not written just now
        return path

    def land(self, today: date = TODAY, limits: Limits = USUAL) -> LandReport:
        self.inbox.mkdir(exist_ok=True)
        return land(self.home, open_vault(self.home.path), self.inbox, today, self.said.append, limits)

    def rules(self, today: date = TODAY) -> list[str]:
        return [refused.rule for refused in self.land(today).refused]

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with open_warehouse(self.home, open_vault(self.home.path), write=False) as con:
            return con.execute(sql).fetchall()

    def cells(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        return self.ask(
            f"select row_no, row_kind, {', '.join(columns)} from warehouse.raw.{table} order by batch_id, row_no"
        )


def make_desk(folder: Path) -> Desk:
    """A desk with reference tables and an empty warehouse."""
    shutil.copytree(_empty_home().name, folder / "home")
    return Desk(folder)


@cache
def _empty_home() -> TemporaryDirectory[str]:
    """What every desk begins with, made once: half a second of work."""
    folder = TemporaryDirectory(prefix="reentry-desk-")
    home = Home(Path(folder.name))
    vault = open_vault(home.path, create=True)
    home.building.mkdir()
    with open_warehouse(home, vault, write=True) as con:
        load_reference(con, Settings())
    return folder
