"""Which files lie in the inbox, what their names say, and in which order they count."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from reentry.contract import Feed, feeds

LINKS = "links.csv"
_NO_FEEDS = (LINKS, "townships.csv", "districts.csv")
_NAME = re.compile(r"(.+)_([0-9]{8})(?:_([0-9]+))?\.(csv|xlsx)", re.IGNORECASE)


@dataclass(frozen=True)
class Delivery:
    """A file of the inbox; ``feed`` is None when its name fits none, ``delivered_on`` when its date is none."""

    path: Path
    name: str  # below the inbox, with /
    agency: str | None
    feed: Feed | None
    delivered_on: date | None
    delivery_no: int
    size: int
    modified_ns: int

    @property
    def fit(self) -> Feed:
        """The feed of a file that has one; ValueError for any other."""
        if self.feed is None:
            raise ValueError(f"{self.name} fits no feed")
        return self.feed

    @property
    def file_name(self) -> str:
        """The name without its folders."""
        return self.path.name

    @property
    def is_workbook(self) -> bool:
        """Whether the name ends in .xlsx."""
        return self.path.suffix.lower() == ".xlsx"

    def rule(self, today: date) -> str | None:
        """The block rule that the name alone breaks: B9, B5 or none."""
        if self.feed is None:
            return "B9"
        return "B5" if self.delivered_on is None or self.delivered_on > today else None


@dataclass(frozen=True)
class Fit:
    """What the name of a file says: as in ``Delivery``."""

    agency: str | None
    feed: Feed | None
    delivered_on: date | None
    delivery_no: int


@dataclass(frozen=True)
class Reading:
    """How a CSV file is to be read, once the first reading has shown that it needs more than usual."""

    encoding: str | None = None  # None: by its first bytes
    exactly: bool = False  # record by record


def discover(inbox: Path) -> list[Delivery]:
    """All files of the inbox in order of delivery: date, number, path; files without a date come first."""
    found = [_delivery(inbox, entry) for entry in _files(inbox)]
    return sorted(found, key=lambda d: (d.delivered_on or date.min, d.delivery_no, d.name))


def agency_named(folder: str) -> str | None:
    """The agency that a folder of the inbox belongs to; None when it is no agency's."""
    return _agencies().get(unicodedata.normalize("NFC", folder))


def feeds_named(file_name: str) -> list[Feed]:
    """The feeds of which a file may be by its name alone: several when agencies name theirs alike."""
    match = _NAME.fullmatch(unicodedata.normalize("NFC", file_name))
    return list({feed.id: feed for (_, name), feed in _feeds().items() if match and name == match[1]}.values())


def _files(folder: Path, *, top: bool = True) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir():
                if not entry.is_symlink():
                    yield from _files(Path(entry.path), top=False)
            elif entry.is_file() and not (top and entry.name in _NO_FEEDS):
                yield entry


def _delivery(inbox: Path, entry: os.DirEntry[str]) -> Delivery:
    path = Path(entry.path)
    name = path.relative_to(inbox).as_posix()
    fit = fit_of(name)
    stat = entry.stat()
    return Delivery(
        path=path,
        name=name,
        agency=fit.agency,
        feed=fit.feed,
        delivered_on=fit.delivered_on,
        delivery_no=fit.delivery_no,
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
    )


def fit_of(name: str) -> Fit:
    """What a name below the inbox says."""
    parts = name.split("/")
    folder, file_name = (unicodedata.normalize("NFC", part) for part in ("", *parts)[-2:])
    agency = _agencies().get(folder) if len(parts) == 2 else None
    match = _NAME.fullmatch(file_name)
    feed = _feeds().get((agency, match[1])) if agency and match else None
    if feed is None or match is None:
        return Fit(agency, None, None, 1)
    return Fit(agency, feed, _date(match[2]), int(match[3] or 1))


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


@cache
def _agencies() -> dict[str, str]:
    return {name: feed.agency for feed in feeds() for name in (feed.agency, feed.agency_zh)}


@cache
def _feeds() -> dict[tuple[str, str], Feed]:
    return {(feed.agency, name): feed for feed in feeds() for name in (feed.name, feed.name_zh)}
