"""Files that are refused whole, one of each kind that fits a demo; the right file follows the same day as ``_2``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reentry.contract import Feed
from reentry.demo.columns import Table
from reentry.demo.days import to_date
from reentry.demo.draft import Draft
from reentry.demo.finish import add_total, make_draft, write_draft
from reentry.demo.layout import plain_layout
from reentry.demo.place import Place
from reentry.demo.schedule import Stream

KINDS = {
    "police.reoffences": ("unreadable bytes", "B1"),
    "hr.training": ("required column missing", "B2"),
    "health.counselling": ("no data row", "B3"),
    "civil_affairs.relief": ("wrong total", "B4"),
    "hr.employment": ("no date in the name", "B5"),
    "justice.register": ("half of the list", "B6"),
    "corrections.releases": ("sealed record", "B7"),
    "finance.budget": ("unknown file name", "B9"),
}


def write_refused(
    out: Path, feed: Feed, table: Table, place: Place, stream: Stream, delivered: int
) -> tuple[str, Path]:
    """Writes the bad file of a feed; its rule and path."""
    _, rule = KINDS[feed.id]
    rng = stream("refused", feed.id)
    layout = plain_layout(feed)
    if rule == "B2":
        layout.headers["name"] = "人员"
    if rule in ("B3", "B6"):
        table = table.take(np.arange(0 if rule == "B3" else max(1, len(table) // 3)))
    draft = make_draft(Draft(feed, table, {}, {}, {}, len(table)), layout, place, rng)
    if rule == "B7":
        draft.set(0, "sealed", "是")
    if rule == "B4":
        add_total(draft, layout, rng)
        draft.added[-1]["amount_yuan"] = "1"
    path = out / feed.agency / _name(feed, rule, delivered)
    write_draft(draft, layout, path)
    if rule == "B1":
        path.write_bytes(path.read_bytes() + b"\xff\xff\n")
    return rule, path


def _name(feed: Feed, rule: str, delivered: int) -> str:
    stamp = {"B5": "20241341", "B9": "说明"}.get(rule, f"{to_date(delivered):%Y%m%d}")
    return f"{feed.name}_{stamp}.csv"
