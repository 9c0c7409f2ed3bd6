"""Handing a file in: what passes the precheck is put into the inbox under its right name, and nothing else is."""

from __future__ import annotations

import filecmp
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from reentry.land.discover import Delivery, discover, fit_of
from reentry.land.place import place_of
from reentry.precheck import REFUSED, Prechecked, named_shortly, precheck
from reentry.settings import Settings
from reentry.store import Home, fsync_folder

_MODE = 0o640
DRAFT_SECONDS = 3600  # no copy takes that long


@dataclass(frozen=True)
class HandedIn:
    """``place`` in the inbox, None when nothing was put there; ``was_there``: this very file lay there already."""

    found: Prechecked
    place: str | None
    was_there: bool = False

    def document(self) -> dict[str, Any]:
        """As one JSON object: that of the precheck, and what was done."""
        return {**self.found.document(), "handed_in": self.place, "was_there": self.was_there}


def inbox_of(home: Home) -> Path:
    """The inbox of a home: the folder that REENTRY_INBOX names, else ``<home>-inbox`` beside it.

    Never in the home: what agencies send is not encrypted.
    """
    named, place = os.environ.get("REENTRY_INBOX"), home.path.resolve()
    return Path(named) if named else place.with_name(f"{place.name}-inbox")


def hand_in(
    home: Home,
    settings: Settings,
    file: Path,
    *,
    named: str | None,
    today: date,
    progress: Callable[[str], None],
    dry_run: bool = False,
) -> HandedIn:
    """Checks a file and, unless landing would refuse it, puts it into the inbox: whole, and never over another file.

    Its name is that of its feed in Chinese with the day of delivery, and the next number where the inbox has one of
    that day. ``dry_run``: only says what would become of it under that name. As ``precheck`` otherwise.
    """
    inbox = inbox_of(home)
    wished = named_shortly(place_of(file, named))
    same = next((d.name for d in _of_same_day(inbox, wished) if filecmp.cmp(d.path, file, shallow=False)), None)
    if same is not None and not dry_run:
        return HandedIn(
            precheck(home, settings, file, named=same, today=today, progress=progress), same, was_there=True
        )
    place = _next_place(inbox, wished)
    found = precheck(home, settings, file, named=same or place, today=today, progress=progress)
    if dry_run or found.outcome == REFUSED:
        return HandedIn(found, None, was_there=same is not None)
    return HandedIn(found, _put(file, inbox, place))


def _of_same_day(inbox: Path, place: str) -> list[Delivery]:
    fit = fit_of(place)
    if fit.feed is None or fit.delivered_on is None or not inbox.is_dir():
        return []
    return [d for d in discover(inbox) if (d.feed, d.delivered_on) == (fit.feed, fit.delivered_on)]


def _next_place(inbox: Path, wished: str) -> str:
    """The right name of a file: of two on one day the second has a number. As wished where it fits no feed or day."""
    fit = fit_of(wished)
    if fit.feed is None or fit.delivered_on is None:
        return wished
    taken = [d.delivery_no for d in _of_same_day(inbox, wished)]
    number = max([fit.delivery_no, *(n + 1 for n in taken)])
    mark = f"_{number}" if number > 1 else ""
    ending = Path(wished).suffix.lower()
    return f"{fit.feed.agency_zh}/{fit.feed.name_zh}_{fit.delivered_on:%Y%m%d}{mark}{ending}"


def _put(file: Path, inbox: Path, place: str) -> str:
    """Writes a copy beside its place, under a name that landing leaves alone, and links it there."""
    folder = (inbox / place).parent
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*.part"):  # by a process that was killed
        if time.time() - left.stat().st_mtime > DRAFT_SECONDS:
            left.unlink(missing_ok=True)
    draft = folder / f".{secrets.token_hex(8)}.part"
    try:
        with (
            file.open("rb") as source,
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as to,
        ):
            shutil.copyfileobj(source, to, 1 << 20)
            to.flush()
            os.fsync(to.fileno())
        while True:
            try:
                (inbox / place).hardlink_to(draft)
                break
            except FileExistsError:  # another was quicker
                place = _next_place(inbox, place)
    finally:
        draft.unlink(missing_ok=True)
    fsync_folder(folder)
    return place
