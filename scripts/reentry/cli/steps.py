"""The steps of a refresh: land, check, build, publish, and all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reentry.cli.options import (
    HOME,
    AllowOlderOption,
    HomeOption,
    JsonOption,
    TodayOption,
    day_of_run,
    print_json,
    progress,
)
from reentry.errors import UsageError
from reentry.id_numbers import masked_ids

REFUSED_STATUS = 3
ROWS_SHOWN = 20
InboxArgument = Annotated[
    Path | None, typer.Argument(help="Folder of the agencies' folders; default: REENTRY_INBOX, else HOME-inbox.")
]

app = typer.Typer()


@app.command()
def refresh(
    inbox: InboxArgument = None,
    home: HomeOption = HOME,
    today: TodayOption = None,
    allow_older: AllowOlderOption = False,
    as_json: JsonOption = False,
) -> int:
    """Land, check, build and publish: all that a cron job needs."""
    from reentry.refresh import refresh as run
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    settings = load_settings(home)
    place, day = _inbox(inbox, home), day_of_run(today)
    vault = open_vault(home, create=True)
    done = run(Home(home), vault, settings, place, day, progress, allow_older=allow_older)
    _report_landing(done.landed, as_json, {"build": done.build_id, "set_aside": [_row(p) for p in done.set_aside]})
    if not as_json:
        _report_set_aside(done.set_aside)
        typer.echo(f"已发布版本 {done.build_id}" if done.build_id else "没有新内容，已发布版本不变")
    return REFUSED_STATUS if done.landed.refused else 0


@app.command()
def land(
    inbox: InboxArgument = None, home: HomeOption = HOME, today: TodayOption = None, as_json: JsonOption = False
) -> int:
    """Land the files of an inbox in the warehouse, as delivered."""
    from reentry.land import land as run
    from reentry.land.limits import Limits
    from reentry.refresh import prepare, refresh_lock
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    vault, settings = open_vault(home, create=True), load_settings(home)
    limits = Limits(memory_mb=settings.read_memory_mb)
    with refresh_lock(Home(home)):
        prepare(Home(home), vault, settings)
        report = run(Home(home), vault, _inbox(inbox, home), day_of_run(today), progress, limits)
    _report_landing(report, as_json, {})
    return REFUSED_STATUS if report.refused else 0


@app.command()
def check(home: HomeOption = HOME) -> None:
    """Check the rows that have landed and were not checked yet."""
    from reentry.check import check as run
    from reentry.refresh import prepare, refresh_lock
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    vault, settings = open_vault(home), load_settings(home)
    with refresh_lock(Home(home)):
        prepare(Home(home), vault, settings)
        run(Home(home), vault, settings, progress)
    typer.echo("检查完成")


@app.command()
def build(home: HomeOption = HOME, today: TodayOption = None) -> None:
    """Build all models from the checked rows, and judge the gates."""
    from reentry.build.build import build as run
    from reentry.refresh import fingerprint, gates_on_record, refresh_lock
    from reentry.store import Home
    from reentry.vault import open_vault

    vault, known_at = open_vault(home), day_of_run(today)
    with refresh_lock(Home(home)), gates_on_record(Home(home)):
        run(Home(home), vault, known_at=known_at, fingerprint=fingerprint(Home(home), vault, known_at))
    typer.echo(f"构建完成，数据截至 {known_at}")


@app.command()
def publish(home: HomeOption = HOME, allow_older: AllowOlderOption = False) -> None:
    """Publish the finished build."""
    from reentry.publish import day_of_build
    from reentry.refresh import gates_on_record, publish_clean, refresh_lock, refuse_older
    from reentry.store import Home
    from reentry.vault import open_vault

    with refresh_lock(Home(home)), gates_on_record(Home(home)):
        vault = open_vault(home)
        known_at = day_of_build(Home(home), vault)
        if not allow_older:
            refuse_older(Home(home), vault, known_at)
        build_id, places = publish_clean(Home(home), vault, known_at=known_at, progress=progress)
    _report_set_aside(places)
    typer.echo(f"已发布版本 {build_id}")


def _inbox(named: Path | None, home: Path) -> Path:
    from reentry.hand_in import inbox_of
    from reentry.store import Home

    path = named or inbox_of(Home(home))
    if not path.is_dir():
        raise UsageError(f"The inbox {path} is no folder: give the folder that holds the agencies' folders.")
    return path


def on_one_line(name: str) -> str:
    """A name from an inbox for a line of output: a line feed may stand in it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def _row(place: Any) -> dict[str, Any]:
    return {
        "table": place.table,
        "column": place.column,
        "feed": place.feed,
        "file": place.file_name,
        "row": place.place_zh,
        "header": place.header,
    }


def _report_set_aside(places: list[Any]) -> None:
    rows = [place for place in places if place.row_no is not None]
    for place in rows[:ROWS_SHOWN]:
        where = f"{place.feed} {place.file_name} {place.place_zh}（{place.header}）"
        typer.echo(f"隔离 {where}：Q8 否则会在 {place.table}.{place.column} 中公开", err=True)
    if len(rows) > ROWS_SHOWN:
        typer.echo(f"隔离 另有 {len(rows) - ROWS_SHOWN} 行（Q8），见 `reentry quarantined`", err=True)


def _report_landing(report: Any, as_json: bool, more: dict[str, Any]) -> None:
    refused = [{"path": masked_ids(r.path), "rule": r.rule, "message": r.message} for r in report.refused]
    if as_json:
        counts = {"landed": report.landed, "repeated": report.repeated, "unchanged": report.unchanged}
        print_json({**counts, "refused": refused, **more})
        return
    typer.echo(f"入库 {report.landed} 个文件，重复 {report.repeated} 个，退回 {len(refused)} 个")
    for entry in refused:
        typer.echo(f"退回 {on_one_line(entry['path'])}：{entry['rule']} {entry['message']}", err=True)
