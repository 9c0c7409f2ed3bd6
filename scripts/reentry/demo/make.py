"""Makes the demo inbox: synthetic persons, real habits of real agencies. No person in it exists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from reentry.contract import feeds
from reentry.demo.calibration import END, Plan
from reentry.demo.delivery import Inbox, Planted
from reentry.demo.feed_contact import colours, counselling, risk_assessments, sweeps, visits
from reentry.demo.feed_offences import reoffences
from reentry.demo.feed_releases import register, releases, residence
from reentry.demo.feed_relief import relief
from reentry.demo.feed_work import benchmarks, budget, employment, public_posts, training
from reentry.demo.place import load_place
from reentry.demo.schedule import make_stream
from reentry.demo.versions import Rows
from reentry.demo.world import World, make_world

LETTER_DAY = END


def make_feeds(
    out: Path,
    *,
    persons: int = 2500,
    seed: int = 1,
    through: date = LETTER_DAY,
    clean: bool = False,
    months: int | None = None,
    refused: bool = False,
    district_code: str = "500151",
    townships: Sequence[tuple[str, str]] | None = None,
) -> Planted:
    """Writes the deliveries up to ``through`` below ``out``.

    ``persons`` sets the size: 82% of it are on the register in the end, half as many again were once. ``months``: that
    many monthly deliveries after a history that holds all before. ``refused``: also files that are refused whole.
    Raises ValueError when ``through`` lies after the letter's day or the district has no townships.
    """
    if through > LETTER_DAY:
        raise ValueError(f"the demo world ends on {LETTER_DAY}: through [{through}] lies after it")
    stream = make_stream(seed)
    world = make_world(Plan(persons), load_place(district_code, townships), stream, months=months)
    inbox = Inbox(out, world, through=through, clean=clean, refused=refused)
    sources = _sources(world)
    for feed in feeds():
        if feed.id in sources:  # a feed is added before the demo has rows for it
            inbox.write_feed(feed, sources[feed.id]())
    inbox.write_links()
    return inbox.planted()


def _sources(world: World) -> dict[str, Callable[[], Rows]]:
    """How to make the rows of each feed."""
    return {
        "corrections.releases": lambda: releases(world),
        "justice.register": lambda: register(world),
        "justice.visits": lambda: visits(world, colours(world)),
        "justice.risk_assessments": lambda: risk_assessments(world, colours(world)),
        "justice.sweeps": lambda: sweeps(world),
        "police.reoffences": lambda: reoffences(world),
        "police.residence": lambda: residence(world),
        "civil_affairs.relief": lambda: relief(world)[0],
        "housing.relief": lambda: relief(world)[1],
        "hr.training": lambda: training(world),
        "hr.public_posts": lambda: public_posts(world),
        "hr.employment": lambda: employment(world),
        "health.counselling": lambda: counselling(world),
        "city.benchmarks": lambda: benchmarks(world),
        "finance.budget": lambda: budget(world),
    }
