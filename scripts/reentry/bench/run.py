"""The benchmark: its sizes and parts, in order; each line is shown, and written, as soon as it is measured."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reentry.bench.ground import Ground
from reentry.bench.measure import measure_command
from reentry.bench.ratios import WINDOW, building, figures, landing, taken
from reentry.bench.table import Line, Lines
from reentry.demo import LETTER_DAY
from reentry.errors import UsageError
from reentry.store import Home

_STEPS = {
    "feeds": "feeds made",
    "land": "land",
    "check": "check",
    "build": "build by dbt, with tests and gates",
    "publish": "publish",
}

Progress = Callable[[str], None]


def bench(sizes: list[int], parts: list[str], *, keep: Path | None, out: Path | None, progress: Progress) -> None:
    """Measures parts at every size (without ``parts``: all, pages only where feeds have all of their months).

    ``keep`` is a folder in which the homes stay, for parts to be measured again without the steps before them.
    UsageError for a part that there is not.
    """
    for part in parts:
        if part not in PARTS:
            raise UsageError(f"There is no part {part} of the benchmark: choose among {', '.join(PARTS)}.")
    lines = Lines(out)
    for persons in sizes:
        with _folder(keep, persons) as folder:
            ground = Ground(folder, persons)
            if not ground.is_made:
                for line in _steps(ground, progress):
                    lines.add(line)
            for part in parts or [p for p in PARTS if p != "pages" or ground.is_small]:
                progress(f"{persons:,} persons: {part}")
                try:
                    for line in PARTS[part](ground):
                        lines.add(line)
                finally:
                    for scratch in ("landing", "plain", "parquet", "later"):
                        shutil.rmtree(folder / scratch, ignore_errors=True)


@contextmanager
def _folder(keep: Path | None, persons: int) -> Iterator[Path]:
    if keep is not None:
        yield keep.absolute() / str(persons)
        return
    with tempfile.TemporaryDirectory(prefix="reentry-bench-") as folder:
        yield Path(folder) / str(persons)


def _steps(ground: Ground, progress: Progress) -> Iterator[Line]:
    progress(f"{ground.persons:,} persons: feeds, land, check, build, publish")
    peak = 0.0
    for name, measured in ground.make():
        peak = max(peak, measured.gigabytes if name != "feeds" else 0.0)
        if name == "typing":
            yield Line(
                ground.persons, "of it typing: from cells to the rows that models read", f"CPU {measured.cpu:.1f} s"
            )
        elif name == "land":
            size = ground.megabytes()
            yield Line(
                ground.persons, _STEPS[name], f"{taken(measured)}, {size:.0f} MB, {size / measured.seconds:.1f} MB/s"
            )
        else:
            yield Line(ground.persons, _STEPS[name], taken(measured))
    yield Line(ground.persons, "peak memory of landing, checking, building, publishing", f"{peak:.2f} GB", "< 4 GB")


def refreshing(ground: Ground) -> Iterator[Line]:
    """One new month into a copy of the home, nothing new after it, and a pull."""
    later = ground.folder / "later"
    shutil.copytree(ground.folder / "home", later / "home", symlinks=True)
    shutil.copytree(ground.inbox, later / "inbox", copy_function=_linked)
    shutil.copytree(ground.folder / "month", later / "inbox", dirs_exist_ok=True)
    at = ["--home", str(later / "home")]
    refresh = ["refresh", str(later / "inbox"), "--today", str(LETTER_DAY), *at]
    for what, command, wanted in (
        ("refresh with one new month", refresh, "≤ 15 s"),
        ("refresh with nothing new", refresh, "≤ 2 s"),
        ("one pull", ["figures", "--from", str(WINDOW[0]), "--to", str(WINDOW[1]), "--json", *at], "≤ 1 s"),
    ):
        yield Line(ground.persons, what, taken(measure_command(command)), wanted if ground.is_small else "")


def _linked(source: str, target: str) -> None:
    """The same file under another name: what has landed is known by size and time."""
    Path(target).hardlink_to(source)


def pages(ground: Ground) -> Iterator[Line]:
    """The pages of the dashboards at VIEWERS viewers, and the server's memory."""
    from reentry.bench.pages import VIEWERS, PageTime, page_times

    for found in page_times(Home(ground.folder / "home"), ground.vault):
        if isinstance(found, PageTime):
            yield Line(
                ground.persons,
                f"page {found.title}: p95 of {VIEWERS} viewers who read; all in one instant; alone",
                f"{found.p95:.2f} s; {found.p95_at_once:.2f} s; {found.alone:.2f} s ({found.tiles} tiles)",
                "≤ 3 s",
            )
        else:
            yield Line(ground.persons, "Superset at rest", f"{found:.2f} GB", "≤ 1 GB")


PARTS: dict[str, Callable[[Ground], Iterator[Line]]] = {
    "landing": landing,
    "building": building,
    "figures": figures,
    "refresh": refreshing,
    "pages": pages,
}
