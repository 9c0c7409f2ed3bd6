"""Who looked at what: the log of pulls, views, traces, exports and releases."""

from __future__ import annotations

from typing import Annotated

import typer

from reentry.cli.options import HOME, HomeOption, JsonOption, print_json
from reentry.errors import GateError

app = typer.Typer()
audit_app = typer.Typer(no_args_is_help=True, help="The log of who looked at what, and whether it is whole.")
app.add_typer(audit_app, name="audit")


@audit_app.command("list")
def audit_list(
    home: HomeOption = HOME,
    last: Annotated[int, typer.Option("--last", min=1, help="So many entries, from the newest back.")] = 50,
    account: Annotated[str | None, typer.Option("--who", help="Only this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The newest entries: when, who, what."""
    from reentry.audit import ACTIONS, entries
    from reentry.figures import show
    from reentry.store import Home

    found = [e for e in entries(Home(home)) if account in (None, e["who"])][-last:]
    if as_json:
        print_json(found)
        return
    rows = [
        {"序号": e["n"], "时间": e["at"][:19].replace("T", " "), "账号": e["who"]}
        | {"操作": ACTIONS.get(e["action"], e["action"])}
        | {"内容": "，".join(f"{name}={value}" for name, value in e["about"].items())}
        for e in found
    ]
    show.table("操作日志（UTC）", rows)


@audit_app.command("verify")
def audit_verify(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Find every entry that was changed, removed or moved, and whether the end was cut off."""
    from reentry.audit import entries, verify
    from reentry.replies.states import anchors
    from reentry.store import Home
    from reentry.vault import open_vault

    vault = open_vault(home)
    flaws = verify(Home(home), vault, anchors(Home(home), vault))
    count = len(entries(Home(home)))
    if as_json:
        print_json({"entries": count, "flaws": [{"entry": f.number, "kind": f.kind, "text": f.text} for f in flaws]})
    elif not flaws:
        typer.echo(f"操作日志 {count} 条，完整无误")
    if flaws:
        shown = "；".join(f.text for f in flaws[:5]) + (f"；等共 {len(flaws)} 处" if len(flaws) > 5 else "")
        raise GateError(f"操作日志有 {len(flaws)} 处问题：{shown}。请保全现场并报告负责人。")
