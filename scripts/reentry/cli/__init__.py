"""The program ``reentry``: commands, options and exit statuses; the work is done in the modules it calls.

One module a group of commands, each with an ``app`` of its own; to add a group, list its module in ``GROUPS``.
"""

from __future__ import annotations

import io
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from reentry.cli import agencies, audit, dashboards, demo, desk, links, reading, replies, steps, trace
from reentry.cli.options import HOME
from reentry.errors import ReentryError
from reentry.private import keep_private

GROUPS = (steps, reading, trace, replies, desk, links, agencies, audit, dashboards, demo)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Data warehouse and reporting for the resettlement of released prisoners (安置帮教).",
)
for group in GROUPS:
    app.add_typer(group.app)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"reentry {version('reentry')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which release this is.")
    ] = False,
) -> None:
    """Takes what stands before a command."""
    del version


def main() -> None:
    """Runs the program; an error is one line on standard error, after a traceback with ``--debug``.

    Whatever it makes is for its user and the group alone.
    """
    keep_private()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a GBK terminal: what it cannot show is escaped
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        sys.exit(app(arguments, standalone_mode=False) or 0)
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)().rstrip(". ")
        if said.startswith("Usage:"):  # a group without a command: its help
            typer.echo(said)
        else:
            command = getattr(getattr(error, "ctx", None), "command_path", "reentry")
            _complain(f"{said}: see `{command} --help`.")
        sys.exit(2)
    except Exception as error:
        from reentry import faults

        if debug:
            typer.echo(faults.traceback_without_keys(error), err=True, nl=False)
        said = error if isinstance(error, ReentryError) else faults.explained(error, _home(arguments), _run(arguments))
        if said is not None:
            _complain(str(said))
            sys.exit(said.exit_status)
        _complain(
            f"Internal error ({type(error).__name__}): run the command again with --debug and report what it prints."
        )
        sys.exit(1)


def _home(arguments: list[str]) -> Path:
    """The home of a command line that failed, for its sentence."""
    named = [value for option, value in pairwise([*arguments, ""]) if option == "--home"]
    named += [a.removeprefix("--home=") for a in arguments if a.startswith("--home=")]
    return Path(named[-1] if named else os.environ.get("REENTRY_HOME") or HOME)


def _run(arguments: list[str]) -> str:
    """The command of a command line, as people would type it again."""
    return f"`reentry {arguments[0]}`" if arguments and arguments[0].isidentifier() else "the command"


def _complain(text: str) -> None:
    typer.echo("reentry: " + " ".join(text.split()), err=True)
