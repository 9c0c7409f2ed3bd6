"""The program ``reentry``: commands, options and exit statuses; the work is done in the modules it calls.

One module a group of commands, each with an ``app`` of its own; to add a group, list its module in ``GROUPS``.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reentry.cli import agencies, audit, dashboards, demo, desk, links, reading, replies, steps, trace
from reentry.errors import ReentryError

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
    """Runs the program; an expected error is one line on standard error, a traceback only with ``--debug``."""
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
    except ReentryError as error:
        if debug:
            raise
        _complain(str(error))
        sys.exit(error.exit_status)
    except Exception as error:
        if debug:
            raise
        _complain(
            f"Internal error ({type(error).__name__}): run the command again with --debug and report what it prints."
        )
        sys.exit(1)


def _complain(text: str) -> None:
    typer.echo("reentry: " + " ".join(text.split()), err=True)
