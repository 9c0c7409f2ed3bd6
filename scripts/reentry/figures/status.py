"""What is published and from what."""

from __future__ import annotations

from datetime import date
from typing import Any

from reentry.day import business_day
from reentry.figures.document import build_document
from reentry.figures.published import open_version
from reentry.figures.pull import pull
from reentry.figures.window import Window
from reentry.store import Home
from reentry.vault import Vault

STATUS_FIGURES = ["data.rows", "data.findings", "data.unlinked", "data.newest_delivery"]


def status(home: Home, vault: Vault, today: date | None = None) -> dict[str, Any]:
    """The version in force, and per feed its rows, findings, unlinked rows and newest delivery.

    ``age_days`` are the days up to known-at, ``days_ago`` those up to ``today``, the day of looking.
    """
    looked_at = today or business_day()
    with open_version(home, vault) as version:
        day = version.known_at
        cells = pull(version, Window(day, day, day, day), ids=STATUS_FIGURES)
        document: dict[str, Any] = {
            "district_code": version.district_code,
            "known_at": str(day),
            "build": build_document(version),
            "feeds": {},
            "findings": {},
        }
    for cell in cells:
        by, name = cell["by"], cell["id"].removeprefix("data.")
        if "feed" in by:
            entry = document["feeds"].setdefault(by["feed"], {})
            entry["_".join([name, *(by[k] for k in by if k != "feed")])] = cell["value"]
            if "age_days" in cell:
                entry["age_days"] = cell["age_days"]
                newest = cell["value"]
                entry["days_ago"] = None if newest is None else (looked_at - date.fromisoformat(newest)).days
        elif "severity" in by:
            document["findings"][by["severity"]] = cell["value"]
    return document
