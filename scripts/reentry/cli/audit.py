"""Who looked at what: the log of pulls, views, traces, exports and releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import HOME, HomeOption, JsonOption, print_json, read_text
from reentry.errors import GateError

MACHINE_ONLY = ("signed", "pack", "pulls", "log_bytes", "log_sha256")  # hashes: with --json

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
        | {"内容": "，".join(f"{name}={value}" for name, value in e["about"].items() if name not in MACHINE_ONLY)}
        for e in found
    ]
    show.table("操作日志（UTC）", rows)


@audit_app.command("verify")
def audit_verify(
    home: HomeOption = HOME,
    heads: Annotated[
        Path | None, typer.Option("--heads", help="A file of heads that audit_head_command was given, one a line.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find every entry that was changed, removed, moved or cut off, and states of replies that do not agree."""
    from reentry.audit import entries
    from reentry.audit_head import failed_command, is_waiting
    from reentry.replies.recovery import all_flaws
    from reentry.settings import load_settings
    from reentry.store import Home
    from reentry.vault import open_vault

    place, command = Home(home), load_settings(home).audit_head_command
    flaws, finished = all_flaws(place, open_vault(home), given=heads)
    found = entries(place)
    recovered = [e["n"] for e in found if e["action"] == "recover"]
    if command and is_waiting(place):
        typer.echo(f"{failed_command(command)}。", err=True)
    if as_json:
        shown = [{"entry": f.number, "kind": f.kind, "text": f.text} for f in flaws]
        print_json({"entries": len(found), "flaws": shown, "finished": finished, "recovered": recovered})
    else:
        for name in finished:
            typer.echo(f"{name}：上次办理中断，已补完")
        if not flaws:
            since = f"（第 {recovered[-1]} 条登记了一次恢复，见 reentry audit list）" if recovered else ""
            typer.echo(f"操作日志 {len(found)} 条，完整无误{since}")
    if flaws:
        said = "；".join(f.text for f in flaws[:5]) + (f"；等共 {len(flaws)} 处" if len(flaws) > 5 else "")
        raise GateError(f"操作日志有 {len(flaws)} 处问题：{said}。请保全现场并报告负责人。")


@audit_app.command("recover")
def audit_recover(
    reason_file: Annotated[str, typer.Option("--reason-file", help="File with what happened; - reads standard input.")],
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Let a cut or damaged log go on: what is wrong is put on record for ever, the states of replies are restored."""
    from reentry.account import command_line_account
    from reentry.replies.recovery import recover
    from reentry.store import Home
    from reentry.vault import open_vault

    number = recover(Home(home), open_vault(home), command_line_account(home), read_text(reason_file))
    if as_json:
        print_json({"entry": number})
    else:
        typer.echo(f"已登记第 {number} 条（恢复）：日志由此继续，原有问题记录在案。请运行 reentry audit verify 查看。")
