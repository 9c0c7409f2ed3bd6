"""How old the data are on the day of looking, and what the head of a page says when the last refresh failed."""

from __future__ import annotations

import importlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reentry.day import BEIJING
from reentry.errors import GateError, UsageError
from reentry.last_refresh import refresh_on_record
from reentry.personal_data import PersonalDataError
from reentry.project import DASHBOARDS
from reentry.store import Home

NEWEST = date(2025, 6, 19)


@pytest.fixture
def age(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the pages' server."""
    monkeypatch.syspath_prepend(str(DASHBOARDS))
    return importlib.import_module("server.age")


@pytest.mark.parametrize(
    ("day", "tone", "said"),
    [
        (date(2025, 6, 19), "fresh", "数据截至 2025-06-19，距今 0 天"),
        (date(2025, 7, 24), "fresh", "数据截至 2025-06-19，距今 35 天"),
        (date(2025, 7, 25), "late", "数据截至 2025-06-19，距今 36 天，数据偏旧"),
        (date(2025, 8, 28), "late", "数据截至 2025-06-19，距今 70 天，数据偏旧"),
        (date(2025, 8, 29), "old", "数据截至 2025-06-19，距今 71 天，数据已经陈旧，不能代表现状"),
    ],
)
def test_age_is_counted_to_the_day_of_looking(age: Any, day: date, tone: str, said: str) -> None:
    """Orange above 35 days, red above 70."""
    assert age.age_on(day, data_until=NEWEST, refresh={}) == age.Age(said, tone, None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which a version with data up to 19 June is in force; its last refresh a day earlier brought none."""
    place = Home(tmp_path)
    version = place.published / "one"
    version.mkdir(parents=True)
    place.current.symlink_to("one")
    with duckdb.connect(str(version / "dashboards.duckdb")) as con:
        con.execute("create table build_info as select date '2025-06-30' as known_at, date '2025-06-19' as data_until")
    monkeypatch.setenv("REENTRY_HOME", str(tmp_path))
    return place


def test_a_refresh_without_deliveries_makes_nothing_younger(age: Any, home: Home) -> None:
    """The age is that of the newest delivery, not of the last refresh; without a file of the last refresh too."""
    assert age.age_now(date(2025, 7, 1)).said.startswith("数据截至 2025-06-19，距今 12 天")
    with refresh_on_record(home):
        pass
    assert age.age_now(date(2025, 7, 1)) == age.Age("数据截至 2025-06-19，距今 12 天", "fresh", None)
    today = datetime.now(BEIJING).date()
    assert f"距今 {(today - NEWEST).days} 天" in age.age_now().said


def test_the_time_of_the_demo_stands_still(age: Any, home: Home) -> None:
    """Its day is said; the next refresh by the clock ends it."""
    with refresh_on_record(home, demo_day=NEWEST):
        pass
    assert age.age_now() == age.Age("数据截至 2025-06-19，距今 0 天（演示数据，以 2025-06-19 为今天）", "fresh", None)
    with refresh_on_record(home):
        pass
    assert "演示" not in age.age_now().said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            GateError("Nothing new is published: gate_g3_opening_and_closing: 2 rows"),
            "质量关卡未通过（G3 期初 + 增加 − 减少与期末不符）",
        ),
        (GateError("Nothing new is published: keys_fct_budget: 1 rows"), "质量关卡未通过（G6 发布表的键或契约不成立）"),
        (PersonalDataError([], ["t.c"]), "质量关卡未通过（G5 发布表中出现证件号或未掩码姓名）"),
        (UsageError("links.csv line 3: 500151199001011234"), "没有完成，请数据管理员查看刷新的输出"),
    ],
)
def test_a_refresh_that_fails_is_said_until_one_succeeds(age: Any, home: Home, error: Exception, said: str) -> None:
    """In words, without the error's own text, which may name what no page shows."""
    with pytest.raises(type(error)), refresh_on_record(home):
        raise error
    alarm = age.age_now(NEWEST).alarm
    assert alarm is not None and said in alarm and alarm.endswith("以下仍是上一次发布的数据。")
    assert set(json.loads(home.last_refresh.read_text(encoding="utf-8"))) == {"at", "failed", "demo_day"}
    with refresh_on_record(home):
        pass
    assert age.age_now(NEWEST).alarm is None
