"""Every figure and cohort, in all breakdowns, against the independent calculation in ``tests/oracle``."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from typing import Any

import pytest

from conftest import Made, MakeHome
from oracle.compare import differences, same
from oracle.figures import World
from oracle.ingest import ingest
from oracle.shapes import Delivered, District
from reentry.demo import LETTER_DAY
from reentry.figures.document import figures_document, query_rows
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.project import SEEDS

SEEDS_TRIED = {1: None, 2: None, 3: 12, 4: 12, 5: 12}  # months of deliveries after the first; None: all thirty
WINDOWS = (
    (date(2025, 1, 1), date(2025, 3, 31), None),
    (date(2025, 1, 1), LETTER_DAY, None),
    (date(2024, 2, 29), date(2025, 2, 28), date(2025, 4, 15)),
    (date(2024, 1, 1), date(2024, 12, 31), date(2024, 6, 30)),
    (date(2024, 7, 1), date(2025, 12, 31), None),  # not over: events end with what is known, states stand at its end
)
KNOWN_AT = (None, date(2024, 11, 15))
LATER = date(2025, 12, 31)
SHOWN = 40


def shipped_district() -> District:
    """Tongliang, from the shipped seeds."""
    with (SEEDS / "townships.csv").open(encoding="utf-8") as file:
        townships = {
            r["township_code"]: r["township_name"] for r in csv.DictReader(file) if r["district_code"] == "500151"
        }
    with (SEEDS / "districts.csv").open(encoding="utf-8") as file:
        districts = {r["district_code"]: r["district_name"] for r in csv.DictReader(file)}
    return District("500151", townships, districts)


@cache
def delivered(made: Made) -> Delivered:
    """What the oracle reads from the inbox of a home."""
    return ingest(made.inbox, shipped_district(), made.today)


@cache
def world(made: Made, known_at: date) -> World:
    """The oracle's world at a day."""
    return World(delivered(made), shipped_district(), known_at)


@pytest.mark.parametrize("known_at", KNOWN_AT)
@pytest.mark.parametrize("seed", SEEDS_TRIED)
def test_figures_agree(made_home: MakeHome, seed: int, known_at: date | None) -> None:
    """Every window for each seed, dirty feeds, with and without an earlier known-at, every township."""
    made = made_home(seed, months=SEEDS_TRIED[seed])
    found: list[str] = []
    with open_version(made.home, made.vault, known_at) as version:
        for starts_on, ends_on, as_of in WINDOWS:
            window = Window.of(starts_on, ends_on, as_of, version.known_at)
            ours: list[dict[str, Any]] = figures_document(version, window, by_township=True)["figures"]
            theirs = world(made, version.known_at).figures(starts_on, ends_on, as_of, True)
            found += [f"[{starts_on} {ends_on}] {text}" for text in differences(theirs, ours)]
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:SHOWN])


@pytest.mark.parametrize("known_at", KNOWN_AT)
@pytest.mark.parametrize("seed", SEEDS_TRIED)
def test_cohorts_agree(made_home: MakeHome, seed: int, known_at: date | None) -> None:
    """Every cohort and horizon, as of the known-at, of an earlier day, and of one that is not known yet."""
    made = made_home(seed, months=SEEDS_TRIED[seed])
    found: list[str] = []
    with open_version(made.home, made.vault, known_at) as version:
        for as_of in (version.known_at, date(2024, 6, 30), LATER):
            ours = {(r["cohort"], r["horizon_days"]): r for r in query_rows(version, "cohorts", as_of)}
            theirs = {(r["cohort"], r["horizon_days"]): r for r in world(made, version.known_at).cohorts(as_of)}
            found += [f"only one side has {key}" for key in sorted(set(ours) ^ set(theirs))]
            found += [
                f"{as_of} {key} {name}: oracle {value!r}, project {ours[key].get(name)!r}"
                for key, row in theirs.items()
                if key in ours
                for name, value in row.items()
                if not same(value, ours[key].get(name))
            ]
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:SHOWN])


@pytest.mark.parametrize("known_at", KNOWN_AT)
@pytest.mark.parametrize("seed", SEEDS_TRIED)
def test_rosters_agree(made_home: MakeHome, seed: int, known_at: date | None) -> None:
    """Every row of the dual-management roster, at the same three days, and as many as dual.listed counts there."""
    made = made_home(seed, months=SEEDS_TRIED[seed])
    with open_version(made.home, made.vault, known_at) as version:
        for as_of in (version.known_at, date(2024, 6, 30), LATER):
            rows = query_rows(version, "dual_roster", as_of)
            theirs = world(made, version.known_at).roster(as_of)
            assert len(rows) == len(theirs) > 0
            for row in rows:
                wanted = theirs[row["register_no"]]
                assert {name: row[name] for name in wanted} == {
                    name: value.isoformat() if isinstance(value, date) else value for name, value in wanted.items()
                }
            window = Window.of(as_of, as_of, None, version.known_at)
            (listed,) = figures_document(version, window, ids=["dual.listed"])["figures"][:1]
            assert (listed["by"], listed["value"]) == ({}, len(rows))
