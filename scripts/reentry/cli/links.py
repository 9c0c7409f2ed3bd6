"""Who is who: links that a person decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import HOME, HomeOption, audited

app = typer.Typer()
links_app = typer.Typer(no_args_is_help=True, help="Who is who: links that a person decides.")
app.add_typer(links_app, name="links")


@links_app.command("propose")
def links_propose(
    out: Annotated[Path, typer.Option("--out", help="Workbook of likely links for a person to decide.")],
    home: HomeOption = HOME,
) -> None:
    """Likely links of rows that belong to nobody yet; only a line in links.csv makes one."""
    from reentry.links import propose
    from reentry.store import Home
    from reentry.vault import open_vault

    count = propose(Home(home), open_vault(home), out)
    audited(home, "export", links="propose", rows=count)
    typer.echo(f"已写入 {out}：{count} 条待核对的关联建议")
