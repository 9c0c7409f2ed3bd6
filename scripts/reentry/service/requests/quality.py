"""What a data-quality officer asks for: slips of agencies, quarantined rows, rules, and what has come in."""

from __future__ import annotations

from datetime import date
from typing import Any

from reentry.audit import record
from reentry.check.quarantined import QuarantinedRow, quarantined, quarantined_counts, quarantined_page
from reentry.contract import Feed, feeds
from reentry.errors import UsageError
from reentry.figures.published import open_version
from reentry.handbook import handbook_document
from reentry.land.places import place_zh
from reentry.received import received
from reentry.reference import own_rules
from reentry.service.registry import Download, Name, Place, request
from reentry.settings import load_settings
from reentry.slips.listing import PAGE_ROWS, UNKNOWN, Wanted, agencies_with_findings, choices, open_findings
from reentry.slips.of_agencies import NOBODY, slip_of_agency
from reentry.slips.of_quarantine import quarantine_workbook


@request()
def slip_agencies(place: Place) -> dict[str, Any]:
    """The agencies with open findings, how many of which kind, and as of when."""
    with open_version(place.home, place.vault) as version:
        return {"known_at": version.known_at, "agencies": agencies_with_findings(version)}


@request()
def slip(
    place: Place,
    agency: Name,
    feed: Name | None = None,
    rule: Name | None = None,
    kind: str | None = None,
    page: int = 1,
) -> dict[str, Any]:
    """A page of an agency's open findings, and what can be chosen among them."""
    wanted = Wanted(agency, feed, rule, kind)
    with open_version(place.home, place.vault) as version:
        found = open_findings(version, wanted, page=max(page, 1)) | choices(version, agency)
    record(place.home, place.vault, place.account, "view", slip=agency, feed=feed, rule=rule)
    return {**found, "agency_zh": _agency_zh(agency)}


@request()
def slip_file(place: Place, agency: Name, since: date | None = None) -> dict[str, Any]:
    """The slip of an agency as a workbook, with what was mended since a day."""
    name = _agency_zh(agency)
    with open_version(place.home, place.vault) as version:
        content, rows = slip_of_agency(version, None if agency == UNKNOWN else agency, since=since)
        known_at = version.known_at
    record(place.home, place.vault, place.account, "export", slips=[name], known_at=known_at, rows=rows)
    return {"name": f"问题清单_{name}_{known_at:%Y%m%d}.xlsx", "file": Download(content)}


@request()
def quarantined_rows(place: Place, feed: Name | None = None, rule: Name | None = None, page: int = 1) -> dict[str, Any]:
    """How many rows are quarantined, by feed and rule; of the feed that is chosen a page of rows, masked."""
    counts = quarantined_counts(place.home, place.vault)
    by_feed = [
        {"feed": f.id, "agency_zh": f.agency_zh, "feed_zh": f.name_zh, "rows": counts[f.id][""], "rules": counts[f.id]}
        for f in feeds()
        if counts.get(f.id, {}).get("")
    ]
    if feed is None:
        return {"feeds": by_feed, "rows": [], "first": 0, "page_rows": PAGE_ROWS}
    first = PAGE_ROWS * (max(page, 1) - 1)
    rows = quarantined_page(place.home, place.vault, _feed(feed), rule=rule, first=first, count=PAGE_ROWS)
    record(place.home, place.vault, place.account, "view", quarantined=feed, rule=rule, rows=len(rows))
    return {"feeds": by_feed, "rows": [_row(row) for row in rows], "first": first, "page_rows": PAGE_ROWS}


@request()
def quarantined_file(place: Place, feed: Name) -> dict[str, Any]:
    """All quarantined rows of a feed as a workbook, masked."""
    of = _feed(feed)
    rows = quarantined(place.home, place.vault, feed)
    record(place.home, place.vault, place.account, "export", quarantined=feed, rows=len(rows))
    return {"name": f"隔离行_{of.agency_zh}_{of.name_zh}.xlsx", "file": Download(quarantine_workbook(of, rows))}


@request()
def rules(place: Place) -> dict[str, Any]:
    """All rules as they are in force here, and what is checked of each feed: the handbook."""
    return handbook_document(own_rules(load_settings(place.home.path)))


@request()
def files_received(place: Place) -> list[dict[str, Any]]:
    """The newest files of the inbox, and what has become of each."""
    return received(place.home, place.vault)


def _row(row: QuarantinedRow) -> dict[str, Any]:
    return {
        "file_name": row.file_name,
        "delivered_on": row.delivered_on,
        "place_zh": place_zh(row.sheet, row.row_no),
        "reasons": [{"rule": rule, "message": message} for rule, message in row.reasons],
        "cells": row.cells,
    }


def _feed(feed: str) -> Feed:
    found = next((f for f in feeds() if f.id == feed), None)
    if found is None:
        raise UsageError(f"没有报表 {feed}：请重新选择。")
    return found


def _agency_zh(agency: str) -> str:
    names = {feed.agency: feed.agency_zh for feed in feeds()} | {UNKNOWN: NOBODY}
    if agency not in names:
        raise UsageError(f"没有部门 {agency}：请重新选择。")
    return names[agency]
