"""What all parts of the benchmark stand on: feeds, and a home that has gone the whole way; each step is measured."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from reentry.bench.measure import Measured, measure, measure_command
from reentry.check import check
from reentry.demo import LETTER_DAY, make_feeds
from reentry.refresh import refresh_lock
from reentry.settings import load_settings
from reentry.store import Home
from reentry.vault import Vault, open_vault

FULL_HISTORY_UP_TO = 10_000
MONTHS_BEYOND = 2
# The threshold of W38, visits of one township in a day, that suits so many persons. The townships are as many at every
# size: a large district raises it with its persons, or nearly every visit would be a finding.
CROWDED_AT, CROWDED_AT_PERSONS = 20, 2_500
DAY_BEFORE = LETTER_DAY.replace(day=LETTER_DAY.day - 1)  # the newest deliveries are of LETTER_DAY


@dataclass
class Ground:
    """A folder with ``inbox`` and the ``home`` made of it, and in ``month`` the files that come next."""

    folder: Path
    persons: int

    @property
    def is_small(self) -> bool:
        """Whether the feeds have all of their months, as a bureau's have."""
        return self.persons <= FULL_HISTORY_UP_TO

    @property
    def home(self) -> Home:
        """The home, published as known on DAY_BEFORE."""
        return Home(self.folder / "home")

    @property
    def vault(self) -> Vault:
        """The keys of the home."""
        return open_vault(self.home.path)

    @property
    def inbox(self) -> Path:
        """What has landed."""
        return self.folder / "inbox"

    @property
    def _record(self) -> Path:
        return self.folder / "steps.json"

    @property
    def is_made(self) -> bool:
        """Whether an earlier run has left it here, with what its steps took."""
        return self._record.exists()

    def steps(self) -> dict[str, Measured]:
        """What each step took."""
        return {name: Measured(**taken) for name, taken in json.loads(self._record.read_text()).items()}

    def megabytes(self) -> float:
        """The size of what has landed."""
        return sum(path.stat().st_size for path in self.inbox.rglob("*.*")) / 1e6

    def make(self) -> Iterator[tuple[str, Measured]]:
        """Takes the steps, each measured as it is taken."""
        steps = {}
        for name, taken in self._steps():
            steps[name] = taken
            yield name, taken
        self._record.write_text(json.dumps({name: asdict(taken) for name, taken in steps.items()}))

    def _steps(self) -> Iterator[tuple[str, Measured]]:
        shutil.rmtree(self.folder, ignore_errors=True)
        months = None if self.is_small else MONTHS_BEYOND
        yield (
            "feeds",
            measure(lambda: make_feeds(self.inbox, persons=self.persons, seed=1, through=LETTER_DAY, months=months)),
        )
        for path in list(self.inbox.rglob(f"*_{LETTER_DAY:%Y%m%d}*")):
            aside = self.folder / "month" / path.relative_to(self.inbox)
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.rename(aside)
        self.set_up()
        at, day = ["--home", str(self.home.path)], ["--today", str(DAY_BEFORE)]
        yield "land", measure_command(["land", str(self.inbox), *day, *at])
        answer = self.folder / "typing.json"
        yield "check", measure(lambda: answer.write_text(json.dumps(_check(self.home, self.vault))))
        yield "typing", Measured(0.0, json.loads(answer.read_text()), 0.0)
        yield "build", measure_command(["build", *day, *at])
        yield "publish", measure_command(["publish", *at])

    def set_up(self) -> None:
        """Makes the home with the settings of a district of this size; a small one has those that are shipped."""
        if self.is_small:
            return
        crowded_at = CROWDED_AT * self.persons // CROWDED_AT_PERSONS
        self.home.path.mkdir(parents=True)
        (self.home.path / "reentry.toml").write_text('rules = "rules.csv"\n', encoding="utf-8")
        (self.home.path / "rules.csv").write_text(f"rule,threshold\nW38,{crowded_at}\n", encoding="utf-8")


def _check(home: Home, vault: Vault) -> float:
    """As the command; gives the CPU seconds of typing."""
    with refresh_lock(home):
        return check(home, vault, load_settings(home.path), lambda _: None).typing_cpu
