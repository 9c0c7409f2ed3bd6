"""Which files lie in the inbox, what their names say, and in which order they count."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from reentry.contract import Feed, feeds
from reentry.land.kinds import WHY_BYTES, WHY_NAME, WHY_NUMBER
from reentry.land.refusal import RefusedError, why_not_opened

LINKS = "links.csv"
_NO_FEEDS = (LINKS, "townships.csv", "districts.csv")
# endings of tables, and of what people take for tables: the content says which it is
_ENDINGS = (
    *("csv", "txt", "xlsx", "xlsm", "xls", "et", "xlsb", "ods", "html", "htm", "xml", "zip"),
    *("doc", "docx", "wps", "rtf", "pdf", "ofd", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff"),
    *("rar", "7z", "gz", "ppt", "pptx"),
)
# on names in normal form (NFKC): full-width digits, brackets and points are plain ones
_DAY = r"[0-9]{8}|[0-9]{4}(?P<mark>[-.])[0-9]{1,2}(?P=mark)[0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日"
_MONTH = r"[0-9]{6}|[0-9]{4}[-.][0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月份?"
_COPY = r"(?:\s*\([0-9]+\)|\s*-\s*副本|\s*-\s*Copy)*"
_NAME = re.compile(
    rf"(?P<feed>.+)_(?:(?P<day>{_DAY})|(?:{_MONTH}))(?:_(?P<number>[0-9]+))?(?P<copy>{_COPY})\.(?:{'|'.join(_ENDINGS)})",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_MAX_DIGITS = 9  # of the number of a delivery: the warehouse keeps 31 bits
_MAX_DEPTH = 32  # of folders


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
    copy: str = ""  # what a browser or desktop has added to the name
    fault: RefusedError | None = None  # why it cannot be looked at, or fits no feed

    @property
    def fit(self) -> Feed:
        """The feed of a file that has one; ValueError for any other."""
        if self.feed is None:
            raise ValueError(f"{self.name} fits no feed")
        return self.feed

    @property
    def file_name(self) -> str:
        """The name without its folders."""
        return self.name.rpartition("/")[2]

    @property
    def place(self) -> tuple[date, int, bool, str]:
        """Where a file stands in the order of delivery: day, number, copies after the plain name, path."""
        return self.delivered_on or date.min, self.delivery_no, bool(self.copy), self.name

    def refusal(self, today: date) -> RefusedError | None:
        """The block rule that the name alone breaks: B9 (B1 for what nobody can open), B5 or none."""
        if self.fault is not None:
            return self.fault
        if self.feed is None:
            return RefusedError("B9", WHY_NAME)
        return RefusedError("B5") if self.delivered_on is None or self.delivered_on > today else None


@dataclass(frozen=True)
class Fit:
    """What the name of a file says: as in ``Delivery``."""

    agency: str | None
    feed: Feed | None
    delivered_on: date | None
    delivery_no: int
    copy: str = ""
    fault: RefusedError | None = None


@dataclass(frozen=True)
class Reading:
    """How a CSV file is to be read, once the first reading has shown that it needs more than usual."""

    encoding: str | None = None  # None: by its first bytes
    exactly: bool = False  # record by record


def discover(inbox: Path) -> list[Delivery]:
    """All files of the inbox in order of delivery: date, number, path; files without a date come first.

    A file or folder that cannot be looked at is among them, with its fault.
    """
    names: dict[str, int] = {}
    found = []
    for path, fault in _files(inbox, os.fspath(inbox)):
        delivery = _delivery(inbox, path, fault)
        times = names[delivery.name] = names.get(delivery.name, 0) + 1
        if times > 1:  # the same name in bytes of another encoding
            delivery = replace(delivery, name=f"{delivery.name}（同名 {times}）")
        found.append(delivery)
    return sorted(found, key=lambda d: d.place)


def agency_named(folder: str) -> str | None:
    """The agency that a folder of the inbox belongs to; None when it is no agency's."""
    return _agencies().get(_normal(folder))


def feeds_named(file_name: str) -> list[Feed]:
    """The feeds of which a file may be by its name alone: several when agencies name theirs alike."""
    match = _NAME.fullmatch(_normal(file_name))
    return list({feed.id: feed for (_, name), feed in _feeds().items() if match and name == match["feed"]}.values())


def _files(inbox: Path, folder: str, depth: int = 0) -> Iterator[tuple[str, RefusedError | None]]:
    """Paths of the files below a folder, by their bytes in order; of what cannot be looked at with its fault."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield folder, why_not_opened(error, is_folder=True)
        return
    for entry in entries:
        if entry.name.startswith((".", "~$")):
            continue
        try:
            if entry.is_dir():
                if not entry.is_symlink() and depth < _MAX_DEPTH:
                    yield from _files(inbox, entry.path, depth + 1)
            elif entry.is_file() and not (depth == 0 and entry.name in _NO_FEEDS):
                entry.stat()
                yield entry.path, None
        except OSError as error:
            yield entry.path, why_not_opened(error)


def _delivery(inbox: Path, path: str, fault: RefusedError | None) -> Delivery:
    name, is_text = shown_path(os.path.relpath(path, inbox).replace(os.sep, "/"))
    fit = fit_of(name) if is_text else Fit(None, None, None, 1, fault=RefusedError("B9", WHY_BYTES))
    size = modified_ns = 0
    if fault is None:
        try:
            stat = os.stat(path)  # noqa: PTH116 (the path may hold bytes that are no text)
            size, modified_ns = stat.st_size, stat.st_mtime_ns
        except OSError as error:
            fault = why_not_opened(error)
    return Delivery(
        path=Path(path),
        name=name,
        agency=fit.agency,
        feed=fit.feed if fault is None else None,
        delivered_on=fit.delivered_on,
        delivery_no=fit.delivery_no,
        size=size,
        modified_ns=modified_ns,
        copy=fit.copy,
        fault=fault or fit.fault,
    )


def shown_path(path: str) -> tuple[str, bool]:
    """A path as text, each part in UTF-8 or else GB18030, and whether it is one; bytes of neither are hexadecimal."""
    shown, is_text = [], True
    for part in path.split("/"):
        octets = os.fsencode(part)
        for encoding in ("utf-8", "gb18030"):
            try:
                shown.append(octets.decode(encoding))
                break
            except UnicodeDecodeError:
                continue
        else:
            shown.append(octets.decode("utf-8", "backslashreplace"))
            is_text = False
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", "/".join(shown)), is_text


def fit_of(name: str) -> Fit:
    """What a name below the inbox says."""
    parts = name.split("/")
    folder, file_name = (_normal(part) for part in ("", *parts)[-2:])
    agency = _agencies().get(folder) if len(parts) == 2 else None
    match = _NAME.fullmatch(file_name)
    feed = _feeds().get((agency, match["feed"])) if agency and match else None
    if feed is None or match is None:
        return Fit(agency, None, None, 1)
    digits = (match["number"] or "1").lstrip("0") or "0"
    if len(digits) > _MAX_DIGITS:
        return Fit(agency, None, None, 1, fault=RefusedError("B9", WHY_NUMBER))
    return Fit(agency, feed, _date(match["day"]) if match["day"] else None, int(digits), match["copy"].strip())


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _date(text: str) -> date | None:
    parts = re.findall("[0-9]+", text)
    year, month, day = parts if len(parts) == 3 else (text[:4], text[4:6], text[6:])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@cache
def _agencies() -> dict[str, str]:
    return {_normal(name): feed.agency for feed in feeds() for name in (feed.agency, feed.agency_zh)}


@cache
def _feeds() -> dict[tuple[str, str], Feed]:
    return {(feed.agency, _normal(name)): feed for feed in feeds() for name in (feed.name, feed.name_zh)}
