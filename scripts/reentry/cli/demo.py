"""Demo feeds, the demo, the benchmark and dbt on a home."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import (
    HOME,
    HomeOption,
    PersonsOption,
    PortOption,
    SeedOption,
    TodayOption,
    day_of,
    day_of_run,
    progress,
)
from reentry.errors import UsageError

app = typer.Typer()


@app.command("demo-feeds")
def demo_feeds(
    out: Annotated[Path, typer.Option("--out", help="Folder that becomes the inbox.")],
    persons: PersonsOption = 2500,
    seed: SeedOption = 1,
    through: Annotated[datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last delivery.")] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Without dirt.")] = False,
    home: HomeOption = HOME,
) -> None:
    """Make demo feeds of the home's district: synthetic persons, real habits of real agencies."""
    from reentry.demo import LETTER_DAY, make_feeds
    from reentry.reference import own_townships
    from reentry.settings import load_settings

    last = day_of(through) or LETTER_DAY
    if last > LETTER_DAY:
        raise UsageError(f"--through {last}: the demo's world ends on {LETTER_DAY}; give that day or an earlier one.")
    district, townships = own_townships(load_settings(home))
    made = make_feeds(
        out, persons=persons, seed=seed, through=last, clean=clean, district_code=district, townships=townships
    )
    typer.echo(f"已生成 {made.files} 个演示文件于 {out}（数据均为虚构）")


@app.command()
def demo(
    home: HomeOption = HOME,
    persons: PersonsOption = 2500,
    seed: SeedOption = 1,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Serve nothing.")] = False,
    port: PortOption = 8088,
) -> int:
    """Make demo feeds, refresh, show the main figures, and serve the dashboards."""
    from reentry.demo.run import run_demo

    serve_at = None if no_serve else port
    return int(run_demo(home, persons=persons, seed=seed, progress=progress, serve_at=serve_at))


@app.command()
def bench(
    persons: Annotated[list[int] | None, typer.Option("--persons", help="Sizes; may be given again.")] = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="landing, building, figures, refresh, pages; may be given again.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Folder in which the homes stay, to measure further parts on.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also put the lines into this Markdown page.")] = None,
) -> None:
    """Measure landing, checks, build, figures and pages; print ratios."""
    from reentry.bench import bench as run

    run(persons or [2_500, 100_000, 1_000_000], part or [], keep=keep, out=out, progress=progress)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def dbt(context: typer.Context, home: HomeOption = HOME, today: TodayOption = None) -> int:
    """Run a dbt command on this home's warehouse, for engineers: reentry dbt -- test --select x."""
    from reentry.build.dbt import run_dbt
    from reentry.refresh import refresh_lock
    from reentry.store import Home
    from reentry.vault import open_vault

    with refresh_lock(Home(home)):
        return 0 if run_dbt(Home(home), open_vault(home), day_of_run(today), context.args) else 1
