"""Replies to deputies: packs, and the letters that they are made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from reentry.cli.options import HOME, AsOfOption, HomeOption, JsonOption, day_of, print_json

app = typer.Typer()
letters_app = typer.Typer(no_args_is_help=True, help="Letters as data: replies/<letter>.yml.")
app.add_typer(letters_app, name="letters")


@app.command()
def reply(
    letter: str,
    home: HomeOption = HOME,
    starts_on: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    ends_on: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the pack of a letter: the reply, its public version, its figures; frozen."""
    from reentry.replies.pack import make_pack
    from reentry.store import Home
    from reentry.vault import open_vault

    pack = make_pack(
        Home(home), open_vault(home), letter, starts_on=day_of(starts_on), ends_on=day_of(ends_on), as_of=day_of(as_of)
    )
    if as_json:
        print_json({"folder": str(pack.folder), **pack.document})
        return
    typer.echo(f"已生成 {pack.folder}")
    for figure in pack.document["figures"]:
        typer.echo(f"{figure['name']}\t{figure['printed']}\t{figure['value']}")
