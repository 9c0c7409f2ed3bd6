"""The log of who did what, the reports of the checks, and the service itself."""

from __future__ import annotations

import json
from typing import Any

from reentry.audit import record as record_entry
from reentry.errors import UsageError
from reentry.service.registry import Download, Place, request

# what Superset may put on the log; steps of replies and decisions are entered by those who take them
OF_PAGES = ("view", "export", "refuse")
LONGEST = 20_000  # characters of an entry


@request(anonymous=True)
def ping(place: Place) -> dict[str, Any]:
    """Says that the service answers."""
    return {"home": str(place.home.path)}


@request(anonymous=True)
def superset_key(place: Place) -> dict[str, str]:
    """Superset's own key, for a Superset that is started by itself: it signs sessions, and opens nothing else."""
    return {"key": place.vault.key("superset")}


@request()
def record(place: Place, action: str, about: dict[str, Any]) -> dict[str, int]:
    """Puts on the log what an account did on the dashboards; its number. ``about``: names with texts or numbers."""
    if action not in OF_PAGES:
        raise UsageError(f"看板不能登记“{action}”：只能登记 {'、'.join(OF_PAGES)}。")
    if len(json.dumps(about, ensure_ascii=False)) > LONGEST:
        raise UsageError(f"一条日志超过 {LONGEST} 个字：请减少。")
    return {"entry": record_entry(place.home, place.vault, place.account, action, **about).entries}


@request()
def record_export(place: Place, about: dict[str, Any]) -> dict[str, int]:
    """Puts on the log that rows were taken away: page, tile, period, number of rows."""
    entry: dict[str, int] = record(place, "export", about)
    return entry


@request()
def checks_file(place: Place, name: str) -> dict[str, Any]:
    """A file of the checks' reports (Data Docs) by its path in their folder."""
    folder = place.home.checks.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise UsageError("没有这份检查报告：刷新一次数据后再看。")
    return {"name": path.name, "file": Download(path)}
