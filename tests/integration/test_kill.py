"""``kill -9`` at 50 random moments of a refresh, then refresh again: the same figures as without."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeHome, run_refresh
from reentry.demo import LETTER_DAY, make_feeds
from reentry.figures.document import figures_document
from reentry.figures.published import open_version
from reentry.figures.window import Window
from reentry.store import Home
from reentry.vault import open_vault

MOMENTS = 50
KILLS_IN_A_ROW = 5
QUIET = ("city", "finance", "health", "housing", "hr")  # agencies that deliver nothing more
HISTORY_DAY = date(2025, 5, 31)
WINDOW = (date(2025, 1, 1), LETTER_DAY)


def figures(home: Path) -> list[dict[str, Any]]:
    """The published figures of the window, townships too."""
    with open_version(Home(home), open_vault(home)) as version:
        document = figures_document(version, Window.of(*WINDOW, None, version.known_at), by_township=True)
    found: list[dict[str, Any]] = document["figures"]
    return found


# forks of this process would inherit locks that threads of DuckDB hold: a server without threads forks instead
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["conftest", "great_expectations", "dbt.cli.main", "dbt.adapters.duckdb"])


def start(home: Path, inbox: Path, today: date = LETTER_DAY, compiled: Home | None = None) -> BaseProcess:
    """Starts a refresh in a process of its own."""
    child = PROCESSES.Process(target=run_refresh, args=(home, inbox, today), kwargs={"compiled": compiled})
    child.start()
    return child


def run_to_the_end(home: Path, inbox: Path, today: date, compiled: Home | None = None) -> None:
    """A whole refresh, which must succeed."""
    child = start(home, inbox, today, compiled)
    child.join()
    assert child.exitcode == 0


def _keep_decisions(links: Path) -> None:
    """Leaves the decisions that are no later than the history, about rows of agencies that go on delivering."""
    header, *lines = links.read_text(encoding="utf-8").splitlines(keepends=True)
    agency, decided_on = (header.strip().split(",").index(name) for name in ("agency", "decided_on"))
    kept = [
        line
        for line in lines
        if (cells := line.strip().split(","))[agency] not in QUIET and cells[decided_on] <= str(HISTORY_DAY)
    ]
    links.write_text("".join([header, *kept]), encoding="utf-8")


@pytest.fixture(scope="module")
def prepared(
    made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, list[dict[str, Any]], float]:
    """A home that has all but the newest deliveries, the whole inbox, the figures to reach and the seconds it takes."""
    folder = tmp_path_factory.mktemp("kill")
    inbox, before, whole = folder / "inbox", folder / "before", folder / "whole"
    make_feeds(inbox, persons=500, seed=6, through=LETTER_DAY, months=2)
    early = folder / "early"
    shutil.copytree(inbox, early)
    for path in [*early.rglob("*_202506*"), *(p for p in inbox.rglob("*_202506*") if p.parent.name in QUIET)]:
        path.unlink()
    for place in (inbox, early):  # decisions about rows that were taken away are not there either
        _keep_decisions(place / "links.csv")
    run_to_the_end(before, early, HISTORY_DAY, made_home(1).home)
    shutil.copytree(before, whole, symlinks=True)
    began = time.monotonic()
    run_to_the_end(whole, inbox, LETTER_DAY)
    return before, inbox, figures(whole), time.monotonic() - began


def test_a_killed_refresh_loses_nothing(
    prepared: tuple[Path, Path, list[dict[str, Any]], float], tmp_path: Path
) -> None:
    """After each kill readers see a whole version; after every KILLS_IN_A_ROW one refresh gives the figures wanted."""
    before, inbox, wanted, seconds = prepared
    moments = random.Random(6)
    for attempt in range(MOMENTS // KILLS_IN_A_ROW):
        home = tmp_path / f"home{attempt}"
        shutil.copytree(before, home, symlinks=True)
        killed = 0
        while killed < KILLS_IN_A_ROW:
            child = start(home, inbox)
            time.sleep(moments.uniform(0, seconds))
            child.kill()
            child.join()
            if child.exitcode == -signal.SIGKILL:
                killed += 1
            else:  # it was done before: begin again, and kill sooner
                seconds *= 0.8
                shutil.rmtree(home)
                shutil.copytree(before, home, symlinks=True)
            assert figures(home)
        run_to_the_end(home, inbox, LETTER_DAY)
        assert figures(home) == wanted, f"figures differ after the kills of home {attempt}"
        shutil.rmtree(home)
