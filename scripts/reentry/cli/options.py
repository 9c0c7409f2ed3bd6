"""Options and small services that the commands share."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reentry.day import business_day
from reentry.errors import UsageError

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="REENTRY_HOME",
        help="Folder in which the data lies.",
        show_default="var",
        readable=False,  # Superset's own user passes through it, and cannot list it
    ),
]
TodayOption = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="The day of this run; default: today in Beijing."),
]
AsOfOption = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="End of this day; default: --to.")
]
KnownAtOption = Annotated[
    datetime | None,
    typer.Option("--known-at", formats=["%Y-%m-%d"], help="Only what was delivered by this day."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PersonsOption = Annotated[int, typer.Option("--persons", min=500, max=10_000_000, help="Synthetic persons.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the demo feeds.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]
HOME = Path("var")


AllowOlderOption = Annotated[
    bool, typer.Option("--allow-older", help="Publish a day older than the published one: the clock is right.")
]


def day_of(moment: datetime | None) -> date | None:
    """The day of an option; None when it was not given."""
    return moment.date() if moment else None


def day_of_run(moment: datetime | None) -> date:
    """The day of this run: the option's, else today at the bureau."""
    return moment.date() if moment else business_day()


def progress(step: str) -> None:
    """Says on a terminal what is being done; silent in a pipe."""
    if sys.stderr.isatty():
        typer.echo(f"… {step}", err=True)


def print_json(document: Any) -> None:
    """Prints one JSON document on standard output; in ASCII where that does not take every character."""
    is_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    typer.echo(json.dumps(document, ensure_ascii=not is_utf8, default=str))


def audited(home: Path, action: str, **about: Any) -> None:
    """Puts on record who does what, before anything is shown; dates and paths as text."""
    from reentry.account import command_line_account
    from reentry.audit import record
    from reentry.store import Home
    from reentry.vault import open_vault

    record(Home(home), open_vault(home), command_line_account(home), action, **about)


def read_text(source: str) -> str:
    """The text of a file, or of standard input for ``-``: what must not stand on a command line, which others can read.

    UsageError when there is no such file, or it is no UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{source} 不能读取（{error.strerror}）：请改正文件名，或用 - 从标准输入读取。") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{source} 不是 UTF-8 文本：请另存为 UTF-8。") from error
