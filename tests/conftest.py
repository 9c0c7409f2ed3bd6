"""What tests share: a refreshed home made from demo feeds, once for each way of making them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from reentry.dashboards.printing import free_port
from reentry.dashboards.serve import serving
from reentry.dashboards.superset import ask
from reentry.demo import LETTER_DAY, Planted, make_feeds
from reentry.refresh import refresh
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault, open_vault
from served import Served, copy_published


@dataclass(frozen=True)
class Made:
    """A home, refreshed from its inbox as of ``today``."""

    home: Home
    vault: Vault
    inbox: Path
    today: date
    planted: Planted | None = field(default=None, compare=False)  # of demo feeds what is wrong in them


MakeHome = Callable[..., Made]


def quiet(step: str) -> None:
    """Takes progress and says nothing."""
    del step


def run_refresh(home: Path, inbox: Path, today: date = LETTER_DAY) -> Made:
    """Refreshes a home from an inbox in this process."""
    place, vault = Home(home), open_vault(home, create=True)
    refresh(place, vault, load_settings(home), inbox, today, quiet)
    return Made(place, vault, inbox, today)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> MakeHome:
    """A function that gives the home of demo feeds for a seed and size; made once a session for each."""
    made: dict[tuple[int, int], Made] = {}

    def make(seed: int = 1, persons: int = 500) -> Made:
        if (seed, persons) not in made:
            folder = tmp_path_factory.mktemp(f"seed{seed}")
            planted = make_feeds(folder / "inbox", persons=persons, seed=seed, through=LETTER_DAY)
            made[(seed, persons)] = replace(run_refresh(folder / "home", folder / "inbox"), planted=planted)
        return made[(seed, persons)]

    return make


@pytest.fixture(scope="session")
def served(made_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Superset on the published version of the demo feeds, one account a role; once a session."""
    made = made_home(1)
    home = copy_published(made.home, tmp_path_factory.mktemp("served") / "home")
    ask(home, made.vault, "import")
    port = free_port()
    with serving(home, made.vault, host="127.0.0.1", port=port):
        yield Served(home, made.vault, f"http://127.0.0.1:{port}")
