"""Tiny worlds made by hand: rows as they are once read, for the tests of figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from .contract import FEEDS
from .figures import World
from .people import with_check_character
from .shapes import Batch, Delivered, District, Row

TODAY = date(2025, 6, 19)
DISTRICT = District(
    "500151", {"500151001": "巴川街道", "500151105": "安居镇"}, {"500151": "铜梁区", "500152": "潼南区"}
)
BACHUAN, ANJU = "500151001", "500151105"
USUAL: dict[str, dict[str, Any]] = {
    "corrections.releases": {"name": "张三", "release_type": "1", "household_district": "500151"},
    "justice.register": {"name": "张三", "township": BACHUAN},
    "police.reoffences": {"name": "张三", "case_kind": "1", "case_stage": "4"},
    "police.residence": {"name": "张三", "status": "1"},
    "civil_affairs.relief": {"name": "张三", "status": "1"},
    "housing.relief": {"name": "张三", "status": "1"},
    "hr.employment": {"name": "张三"},
    "hr.training": {"name": "张三", "course": "焊工"},
    "hr.public_posts": {"category": "保洁"},
    "health.counselling": {"name": "张三"},
}
Line = dict[str, Any]
Delivery = tuple[str, date, list[Line]]


def an_id(serial: int, birth: str = "19800101") -> str:
    """A valid id number; an odd ``serial`` (up to 999) is a man's."""
    return with_check_character(f"500224{birth}{serial:03d}")


def day(written: str | None) -> date | None:
    """A date from ``2025-01-31``."""
    return None if written is None else date.fromisoformat(written)


def made(*deliveries: Delivery, links: list[dict[str, str]] | None = None) -> Delivered:
    """Deliveries in order; each is (feed, delivered on, rows), all of them accepted.

    Text in a date or month column is an ISO date; what a row leaves out is as usual, or null.
    """
    delivered = Delivered([], [], [], links or [])
    for order, (feed, delivered_on, lines) in enumerate(sorted(deliveries, key=lambda one: one[1])):
        agency, name = feed.split(".")
        path = Path(agency) / f"{name}_{delivered_on:%Y%m%d}.csv"
        batch = Batch(feed, path, delivered_on, 1, order=order)
        for row_no, line in enumerate(lines, start=2):
            batch.rows.append(_row(feed, row_no, line, batch))
        delivered.batches.append(batch)
    return delivered


def _row(feed: str, row_no: int, line: dict[str, Any], batch: Batch) -> Row:
    given = USUAL.get(feed, {}) | line
    withdrawn = bool(given.pop("withdrawn", False))
    kinds = FEEDS[feed].kinds()
    unknown = set(given) - set(kinds)
    if unknown:
        raise KeyError(f"{feed}: {unknown}")
    values = {
        name: day(given.get(name)) if kind in ("date", "month") else given.get(name) for name, kind in kinds.items()
    }
    key = tuple(values[name] for name in FEEDS[feed].key)
    return Row(feed, row_no, "accepted", values, key, withdrawn, batch)


def world(links: list[dict[str, str]] | None = None, /, **feeds: list[dict[str, Any]]) -> World:
    """One delivery of each feed (``justice__register=[…]``) on 1 June 2025, as known at 19 June."""
    delivered_on = date(2025, 6, 1)
    deliveries = [(name.replace("__", "."), delivered_on, rows) for name, rows in feeds.items()]
    return World(made(*deliveries, links=links), DISTRICT, TODAY)


def spell(register_no: str, id_no: str, opened: str, closed: str | None = None, **more: Any) -> Line:
    """A register row."""
    return {"register_no": register_no, "id_no": id_no, "registered_on": opened, "closed_on": closed, **more}


def release(release_no: str, id_no: str | None, released_on: str, **more: Any) -> Line:
    """A release row."""
    return {"release_no": release_no, "id_no": id_no, "released_on": released_on, **more}


def offence(record_no: str, id_no: str, offended_on: str, **more: Any) -> Line:
    """A police row; its case has the number of the record unless given."""
    return {"record_no": record_no, "case_no": record_no, "id_no": id_no, "offended_on": offended_on, **more}


def figure(found: list[dict[str, Any]], name: str, **by: str) -> dict[str, Any]:
    """The one figure of a name and breakdown."""
    (one,) = [shown for shown in found if shown["id"] == name and shown["by"] == by]
    return one


def value(found: list[dict[str, Any]], name: str, **by: str) -> Any:
    """The value of a figure."""
    return figure(found, name, **by)["value"]
