"""What goes between the bureau and the agencies: checking a file before it is sent, handing it in, slips."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reentry.cli.options import (
    HOME,
    HomeOption,
    JsonOption,
    KnownAtOption,
    TodayOption,
    audited,
    day_of,
    day_of_run,
    print_json,
    progress,
)

REFUSED_STATUS = 3
AsOption = Annotated[
    str | None, typer.Option("--as", help="Its place in the inbox, AGENCY/FEED_YYYYMMDD, where its name does not say.")
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="Mended after this day; default: the slip before in --out."),
]
SlipOption = Annotated[Path | None, typer.Option("--slip", help="Write the result as a workbook, too.")]

app = typer.Typer()


@app.command()
def precheck(
    file: Path,
    named: AsOption = None,
    home: HomeOption = HOME,
    today: TodayOption = None,
    slip: SlipOption = None,
    as_json: JsonOption = False,
) -> int:
    """What would become of this file, without landing it."""
    from reentry.precheck import REFUSED
    from reentry.precheck import precheck as run
    from reentry.settings import load_settings
    from reentry.slips.of_file import slip_of_file
    from reentry.store import Home

    day = day_of_run(today)
    found = run(Home(home), load_settings(home), file, named=named, today=day, progress=progress)
    if slip is not None:
        slip.write_bytes(slip_of_file(found, day=day))
    if as_json:
        print_json(found.document())
    else:
        _print_found(found)
    return REFUSED_STATUS if found.outcome == REFUSED else 0


@app.command("hand-in")
def hand_in(
    file: Path,
    named: AsOption = None,
    home: HomeOption = HOME,
    today: TodayOption = None,
    slip: SlipOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it under the name it would get.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Check a file and, unless it would be refused, put it into the inbox (REENTRY_INBOX, else HOME-inbox)."""
    from reentry.hand_in import hand_in as run
    from reentry.precheck import REFUSED
    from reentry.settings import load_settings
    from reentry.slips.of_file import slip_of_file
    from reentry.store import Home

    day = day_of_run(today)
    settings = load_settings(home)
    done = run(Home(home), settings, file, named=named, today=day, progress=progress, dry_run=dry_run)
    if slip is not None:
        slip.write_bytes(slip_of_file(done.found, day=day))
    if as_json:
        print_json(done.document())
    else:
        _print_found(done.found)
        if done.place is not None:
            typer.echo(f"{'收件目录里已有这份文件' if done.was_there else '已放入收件目录'}：{done.place}")
    return REFUSED_STATUS if done.found.outcome == REFUSED else 0


@app.command("feeds")
def list_feeds(as_json: JsonOption = False) -> None:
    """The feeds: of which agency, under which names, as a whole list or what is new."""
    from reentry.contract import feed_rows
    from reentry.figures import show

    rows = feed_rows()
    if as_json:
        print_json(rows)
    else:
        show.table("报表", rows)


@app.command()
def slips(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the workbooks to.")],
    home: HomeOption = HOME,
    since: SinceOption = None,
    known_at: KnownAtOption = None,
    as_json: JsonOption = False,
) -> None:
    """One workbook per agency with its open findings, and what it has mended, to send back."""
    from reentry.fates import OneFailedError
    from reentry.figures.document import build_document
    from reentry.figures.published import open_version
    from reentry.slips.of_agencies import write_slips
    from reentry.store import Home
    from reentry.vault import open_vault

    with open_version(Home(home), open_vault(home), day_of(known_at)) as version:
        failed: OneFailedError | None = None
        try:
            written = write_slips(version, out, since=day_of(since))
        except OneFailedError as error:
            failed, written = error, error.made
        head = {"known_at": version.known_at, "build": build_document(version)}
    said = {"slips": [slip.agency_zh for slip in written], "rows": sum(slip.open + slip.mended for slip in written)}
    audited(home, "export", **said, since=day_of(since), known_at=head["known_at"])
    if as_json:
        print_json({**head, "slips": [vars(slip) for slip in written]})
    else:
        for slip in written:
            typer.echo(f"{slip.path}：待整改 {slip.open} 件，已整改 {slip.mended} 件")
    if failed:
        raise failed


@app.command()
def handbook(out: Annotated[Path, typer.Option("--out", help="The page to write.")]) -> None:
    """Write the handbook of rules (规则手册) from the seeds and the expectation suites."""
    from reentry.handbook import rules_handbook

    out.write_text(rules_handbook(), encoding="utf-8")


def _print_found(found: Any) -> None:
    from reentry.figures import show

    typer.echo(f"{found.path}：{found.outcome_zh}")
    if found.refusal:
        typer.echo(f"{found.refusal.rule} {found.refusal.message}")
        if found.refusal.mend_zh:
            typer.echo(f"怎么办：{found.refusal.mend_zh}")
    elif found.rows.read:
        typer.echo(
            f"读入 {found.rows.read} 行：接收 {found.rows.accepted}，隔离 {found.rows.quarantined}，"
            f"跳过 {found.rows.skipped}"
        )
    rows = [
        {"rule": f.rule, "sheet": f.sheet, "row_no": f.row, "key": f.key, "cells": f.cells, "message": f.said}
        for f in found.findings
    ]
    if rows and not found.refusal:
        show.table("问题", rows)
