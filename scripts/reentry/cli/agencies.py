"""What goes between the bureau and the agencies: checking a file before it is sent, handing it in, slips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reentry.cli.options import HOME, HomeOption, JsonOption, TodayOption, day_of_run, print_json, progress

REFUSED_STATUS = 3
AsOption = Annotated[
    str | None, typer.Option("--as", help="Its place in the inbox, AGENCY/FEED_YYYYMMDD, where its name does not say.")
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
    _print_found(found, as_json)
    return REFUSED_STATUS if found.outcome == REFUSED else 0


def _print_found(found: Any, as_json: bool) -> None:
    from reentry.figures import show
    from reentry.slips.of_file import OUTCOMES

    if as_json:
        print_json(found.document())
        return
    typer.echo(f"{found.path}：{OUTCOMES[found.outcome]}")
    if found.refusal:
        typer.echo(f"{found.refusal.rule} {found.refusal.message}")
    elif found.rows.read:
        typer.echo(
            f"读入 {found.rows.read} 行：接收 {found.rows.accepted}，隔离 {found.rows.quarantined}，"
            f"跳过 {found.rows.skipped}"
        )
    rows = [{"rule": f.rule, "row_no": f.row, "key": f.key, "message": f.message} for f in found.findings]
    if rows and not found.refusal:
        show.table("问题", rows)
