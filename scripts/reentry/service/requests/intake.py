"""报送预检: the feeds, and what would become of a file; what passes is handed in."""

from __future__ import annotations

from typing import Any

from reentry.audit import record
from reentry.contract import feed_rows
from reentry.day import business_day
from reentry.hand_in import hand_in as run
from reentry.service.registry import Download, Place, Upload, request
from reentry.settings import load_settings
from reentry.slips.of_file import slip_of_file


@request()
def feeds(place: Place) -> list[dict[str, str]]:
    """The feeds: of which agency, under which names, as a whole list or what is new."""
    del place
    return feed_rows()


@request(heavy=True)
def hand_in(place: Place, file: Upload, named: str, dry_run: bool) -> dict[str, Any]:
    """Checks a file and, unless it would be refused or ``dry_run`` is set, puts it into the inbox; with its slip."""
    today = business_day()
    settings = load_settings(place.home.path)
    done = run(place.home, settings, file.path, named=named, today=today, progress=_nobody, dry_run=dry_run)
    if done.place is not None and not done.was_there:
        record(place.home, place.vault, place.account, "hand_in", path=done.place, rows=done.found.rows.read)
    return {"found": done.document(), "slip": Download(slip_of_file(done.found, day=today))}


def _nobody(step: str) -> None:
    """Nobody watches a request's progress."""
    del step
