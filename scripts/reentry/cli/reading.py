"""What is published, read: status, figures, cohorts, rosters; and rows set aside."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import HOME, AsOfOption, HomeOption, JsonOption, KnownAtOption, audited, day_of, print_json
from reentry.errors import UsageError

app = typer.Typer()
roster_app = typer.Typer(no_args_is_help=True, help="Rosters, masked.")
app.add_typer(roster_app, name="roster")


@app.command()
def status(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """What is published and from what: batches, freshness, findings."""
    from reentry.figures import show
    from reentry.figures.status import status as run
    from reentry.store import Home
    from reentry.vault import open_vault

    document = run(Home(home), open_vault(home))
    if as_json:
        print_json(document)
    else:
        show.status(document)


@app.command()
def figures(
    starts_on: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the window.")],
    ends_on: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of the window.")],
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: Annotated[str | None, typer.Option("--by", help="township: every township's figures as well.")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", metavar="ID ...", help="Only these figures.")] = None,
    more_ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="The same as --id.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The figures of any window."""
    from reentry.figures import show
    from reentry.figures.document import figures_document
    from reentry.figures.published import open_version
    from reentry.figures.window import Window
    from reentry.store import Home
    from reentry.vault import open_vault

    ids = [*(ids or []), *(more_ids or [])]
    if by not in (None, "township"):
        raise UsageError(f"--by {by} is not known: only --by township is.")
    with open_version(Home(home), open_vault(home), day_of(known_at)) as version:
        window = Window.of(starts_on.date(), ends_on.date(), day_of(as_of), version.known_at)
        document = figures_document(version, window, by_township=by is not None, ids=ids)
    days = {"starts_on": window.starts_on, "ends_on": window.ends_on, "as_of": window.as_of}
    audited(home, "pull", figures=ids or "all", by=by, **days, known_at=window.known_at)
    if as_json:
        print_json(document)
    else:
        show.figures(document)


@app.command()
def cohorts(
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    as_json: JsonOption = False,
) -> None:
    """The cohort table: reoffending by quarter of release and time since."""
    from reentry.figures import show
    from reentry.figures.document import query_rows
    from reentry.figures.published import open_version
    from reentry.store import Home
    from reentry.vault import open_vault

    with open_version(Home(home), open_vault(home), day_of(known_at)) as version:
        rows = query_rows(version, "cohorts", day_of(as_of))
    audited(home, "pull", figures="cohorts", as_of=day_of(as_of), known_at=day_of(known_at))
    if as_json:
        print_json(rows)
    else:
        show.cohorts(rows)


@roster_app.command("dual")
def roster_dual(
    home: HomeOption = HOME,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a workbook instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The roster of persons under dual management (双列管)."""
    from reentry.figures import show
    from reentry.figures.document import query_rows, write_workbook
    from reentry.figures.published import open_version
    from reentry.store import Home
    from reentry.vault import open_vault

    with open_version(Home(home), open_vault(home), day_of(known_at)) as version:
        rows = query_rows(version, "dual_roster", day_of(as_of))
    action = "view" if out is None else "export"
    audited(home, action, roster="dual", as_of=day_of(as_of), known_at=day_of(known_at), rows=len(rows))
    if out is not None:
        write_workbook(out, "双列管名册", show.in_chinese(rows))
        typer.echo(f"已写入 {out}（{len(rows)} 人）", err=as_json)
    if as_json:
        print_json(rows)
    elif out is None:
        show.table("双列管名册", rows)


@app.command("quarantined")
def quarantined_rows(
    home: HomeOption = HOME,
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed, such as justice.register.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Every quarantined row with its reasons and its cells, for data-quality staff."""
    from reentry.check import quarantined
    from reentry.figures import show
    from reentry.store import Home
    from reentry.vault import open_vault

    rows = [asdict(row) for row in quarantined(Home(home), open_vault(home), feed)]
    audited(home, "view", quarantined=feed or "all", rows=len(rows))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["reasons"] = "；".join(f"{rule} {message}" for rule, message in row["reasons"])
        row["cells"] = "；".join(f"{header}={cell}" for header, cell in row["cells"].items())
    show.table("隔离行", rows)
