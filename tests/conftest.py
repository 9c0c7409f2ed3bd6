"""What tests share: a refreshed home made from demo feeds, once for each way of making them."""

from __future__ import annotations

import fcntl
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from reentry.dashboards.printing import free_port
from reentry.dashboards.serve import serving
from reentry.dashboards.superset import ask
from reentry.demo import LETTER_DAY, Planted, make_feeds
from reentry.figures.published import FIGURES_FILE
from reentry.refresh import refresh
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault, open_vault
from served import Served, Unguarded, copy_imported, copy_published, without_guard

# the order in which groups of tests begin: what takes long first, what is short last, so that no worker waits for
# another in the end. What needs no home stands in between, for the time in which the first home is made.
LONG_FIRST = (
    "served",
    "generative",
    "test_kill",
    "test_against_oracle",
    "test_replies",
    "test_demo_findings",
    "test_rules",
    "integration",
    "unit",
)


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


def run_refresh(home: Path, inbox: Path, today: date = LETTER_DAY, *, compiled: Home | None = None) -> Made:
    """Refreshes a home from an inbox in this process.

    ``compiled``: a home whose published SQL builds a new one: the same build without dbt, in a third of the time.
    """
    lent = None if compiled is None or (home / "published").exists() else _lend(compiled, home)
    place, vault = Home(home), open_vault(home, create=True)
    refresh(place, vault, load_settings(home), inbox, today, quiet, allow_older=lent is not None)
    if lent:
        shutil.rmtree(lent)
    return Made(place, vault, inbox, today)


def _lend(compiled: Home, home: Path) -> Path:
    """Gives a new home the version and the key of another; the version's folder."""
    version = compiled.current.resolve()
    lent = home / "published" / version.name
    lent.mkdir(parents=True)
    shutil.copy(version / FIGURES_FILE, lent)
    (home / "published" / "current").symlink_to(version.name)
    shutil.copy(compiled.path / "secret.key", home)
    return lent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups tests for ``--dist loadgroup``: one worker has all of a group, and groups begin in order of LONG_FIRST."""
    places = {}
    for item in items:
        group, kind = _group(item)
        item.add_marker(pytest.mark.xdist_group(group))
        places[item] = LONG_FIRST.index(kind)
    items.sort(key=places.__getitem__)


def _group(item: pytest.Item) -> tuple[str, str]:
    """The group of a test, and what of LONG_FIRST it comes under: its module, or what is made for several modules."""
    if "served" in getattr(item, "fixturenames", ()):
        return "served", "served"
    module = item.path.stem
    seed = item.callspec.params.get("seed") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    return f"{module}-{seed}" if seed else module, next(k for k in LONG_FIRST if k in (module, item.path.parent.name))


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this run that all workers have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Whether a folder is still to be made; other workers wait until the one that makes it is done."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not folder.with_suffix(".made").exists()
        yield is_new
        folder.with_suffix(".made").touch()


@pytest.fixture(scope="session")
def made_home(common: Path) -> MakeHome:
    """A function that gives the home of demo feeds for a seed; made once a run, by the worker that needs it first.

    Nobody writes to it but for the log of who read: who wants to change it, copies. ``months``: fewer deliveries.
    """
    made: dict[int, Made] = {}

    def make(seed: int = 1, *, months: int | None = None) -> Made:
        if seed not in made:
            folder = common / f"seed{seed}"
            home, inbox, planted = Home(folder / "home"), folder / "inbox", folder / "planted"
            with made_once(folder) as is_new:
                if is_new:
                    fed = make_feeds(inbox, persons=500, seed=seed, through=LETTER_DAY, months=months)
                    run_refresh(home.path, inbox, compiled=None if seed == 1 else make(1).home)
                    planted.write_bytes(pickle.dumps(fed))
            fed = pickle.loads(planted.read_bytes())  # noqa: S301 (written above)
            made[seed] = Made(home, open_vault(home.path), inbox, LETTER_DAY, fed)
        return made[seed]

    return make


@pytest.fixture(scope="session")
def imported(made_home: MakeHome, common: Path) -> Home:
    """A home of the published demo version with the dashboards imported, to be copied; once a run."""
    home = Home(common / "imported")
    with made_once(home.path) as is_new:
        if is_new:
            made = made_home(1)
            copy_published(made.home, home.path)
            ask(home, made.vault, "import")
    return home


@pytest.fixture(scope="session")
def served(imported: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Superset on the published version of the demo feeds, one account a role; once a session."""
    home = copy_imported(imported, tmp_path_factory.mktemp("served") / "home")
    vault = open_vault(home.path)
    port = free_port()
    with serving(home, vault, host="127.0.0.1", port=port):
        yield Served(home, vault, f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def unguarded(served: Served) -> Iterator[Unguarded]:
    """Superset on the home of ``served`` with its guard switched off, to show what is behind it; once a session."""
    with without_guard(served.home, served.vault) as process:
        yield process
