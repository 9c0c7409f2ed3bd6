"""How the last refresh ended, for the pages: a small file beside the published versions, without rows or names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime

from reentry.day import BEIJING
from reentry.errors import GateError
from reentry.personal_data import PersonalDataError
from reentry.rules import rule_texts
from reentry.store import Home

_GATE = re.compile(r"\bgate_g([1-9])_")
_KEYS = "G6"  # the rule of all tests that have no name of their own
_PERSONAL = "G5"


@contextmanager
def refresh_on_record(home: Home, *, demo_day: date | None = None) -> Iterator[None]:
    """Writes how what is done inside ends.

    ``demo_day``: the day on which the demo's time stands still; pages then count the age of the data to it.
    """
    try:
        yield
    except Exception as error:
        with suppress(OSError):  # a disk that cannot be written is what the error says
            _write(home, failed=_said(error), demo_day=demo_day)
        raise
    _write(home, failed=None, demo_day=demo_day)


def _said(error: Exception) -> str:
    if not isinstance(error, GateError):
        return "没有完成，请数据管理员查看刷新的输出"
    rules = sorted({f"G{number}" for number in _GATE.findall(str(error))})
    if isinstance(error, PersonalDataError):
        rules = [_PERSONAL]
    known = rule_texts()
    return "质量关卡未通过（" + "；".join(f"{r} {known[r].short_zh}" for r in rules or [_KEYS]) + "）"


def _write(home: Home, *, failed: str | None, demo_day: date | None) -> None:
    at = datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M")
    said = {"at": at, "failed": failed, "demo_day": None if demo_day is None else str(demo_day)}
    draft = home.last_refresh.with_name(f".{home.last_refresh.name}")
    draft.write_text(json.dumps(said, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(home.last_refresh)
