"""How old the data are when a page is looked at, and whether the last refresh failed: the head of pages says it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from server.reading import attached

BEIJING = timezone(timedelta(hours=8))
LATE_DAYS, OLD_DAYS = 35, 70  # orange above the one, red above the other
FRESH, LATE, OLD = "fresh", "late", "old"
FILE = "dashboards.duckdb"
REFRESH = "last_refresh.json"


@dataclass(frozen=True)
class Age:
    """What is said, how loud (``fresh``, ``late``, ``old``), and in a bar of its own why the last refresh failed."""

    said: str
    tone: str
    alarm: str | None


def age_now(today: date | None = None) -> Age:
    """Of the version in force, on ``today``: Beijing's day, or that on which the demo's time stands still."""
    published = Path(os.environ["REENTRY_HOME"]) / "published"
    refresh = _last_refresh(published / REFRESH)
    demo_day = refresh.get("demo_day")
    day = today or (date.fromisoformat(demo_day) if demo_day else datetime.now(BEIJING).date())
    return age_on(day, data_until=_data_until(published / "current" / FILE), refresh=refresh)


def age_on(day: date, *, data_until: date | None, refresh: dict[str, str | None]) -> Age:
    """The age of data that were delivered up to ``data_until``; None: nothing was ever delivered."""
    failed = refresh.get("failed")
    alarm = f"最近一次刷新（{refresh['at']}）{failed}，以下仍是上一次发布的数据。" if failed else None
    if data_until is None:
        return Age("没有任何报送", OLD, alarm)
    days = (day - data_until).days
    tone = OLD if days > OLD_DAYS else LATE if days > LATE_DAYS else FRESH
    stands = f"（演示数据，以 {refresh['demo_day']} 为今天）" if refresh.get("demo_day") else ""
    more = {OLD: "，数据已经陈旧，不能代表现状", LATE: "，数据偏旧"}.get(tone, "")
    return Age(f"数据截至 {data_until}，距今 {days} 天{more}{stands}", tone, alarm)


def _last_refresh(file: Path) -> dict[str, str | None]:
    """What the last refresh left; nothing where a version of before this file is published."""
    if not file.exists():
        return {}
    said: dict[str, str | None] = json.loads(file.read_text(encoding="utf-8"))
    return said


def _data_until(file: Path) -> date | None:
    return _newest_delivery(file.resolve()) if file.exists() else None


@lru_cache(maxsize=4)
def _newest_delivery(file: Path) -> date | None:
    """The newest delivery that a version knows; a version is never written again."""
    with attached(file, "published") as con:
        columns = [row[0] for row in con.execute("describe published.main.build_info").fetchall()]
        column = "data_until" if "data_until" in columns else "known_at"  # of versions of earlier releases
        found: date | None = con.execute(f"select {column} from published.main.build_info").fetchall()[0][0]
        return found
