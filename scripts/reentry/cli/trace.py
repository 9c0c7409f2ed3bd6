"""The rows of the files behind a figure."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import HOME, AsOfOption, HomeOption, JsonOption, KnownAtOption, audited, day_of, print_json
from reentry.errors import UsageError

app = typer.Typer()
SHOWN = 40


@app.command()
def trace(
    figure: Annotated[str, typer.Argument(metavar="ID", help="The figure, such as relief.grants.")],
    starts_on: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the window.")],
    ends_on: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the window.")],
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    township: Annotated[str | None, typer.Option("--township", help="Only this township, by name.")] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="NAME=MEMBER", help="One cell, such as relief_type=临时救助.")
    ] = None,
    part: Annotated[str, typer.Option("--part", help="numerator, or denominator of a rate.")] = "numerator",
    cells: Annotated[bool, typer.Option("--cells/--no-cells", help="The rows' cells, names and ids masked.")] = True,
    out: Annotated[Path | None, typer.Option("--out", help="Write a workbook instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The raw rows behind a figure: agency, file, row number, cells masked; they add up to the figure."""
    from reentry.figures import show
    from reentry.store import Home
    from reentry.trace import Asked, trace
    from reentry.vault import open_vault

    wanted = dict(_pair(text) for text in by or [])
    if township is not None:
        wanted["township"] = township
    asked = Asked(
        figure,
        starts_on.date(),
        ends_on.date(),
        as_of=day_of(as_of),
        known_at=day_of(known_at),
        by=wanted,
        part=part,
        with_cells=cells,
    )
    traced = trace(Home(home), open_vault(home), asked)
    days = {"starts_on": asked.starts_on, "ends_on": asked.ends_on, "as_of": traced.document["as_of"]}
    said = {"figure": figure, "by": wanted or None, "part": part, **days, "known_at": traced.document["known_at"]}
    audited(home, "trace", **said, rows=len(traced.rows))
    if out is not None:
        audited(home, "export", **said, file=out.name)
    if out is not None:
        from reentry.trace.workbook import write_trace

        write_trace(out, traced)
        typer.echo(f"已写入 {out}（{traced.document['units']} 个计数单位，{len(traced.rows)} 行）", err=as_json)
    if as_json:
        print_json({**traced.document, "rows": traced.rows})
    elif out is None:
        show.trace(traced.document, traced.rows, SHOWN)


def _pair(text: str) -> tuple[str, str]:
    name, equals, member = text.partition("=")
    if not equals or not name or not member:
        raise UsageError(f"--by {text} is not understood: write NAME=MEMBER, such as relief_type=临时救助.")
    return name, member
