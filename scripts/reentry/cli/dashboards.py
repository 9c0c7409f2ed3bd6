"""Dashboards as code, the server, and its accounts."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from reentry.cli.options import HOME, HomeOption, HostOption, JsonOption, PortOption, print_json, progress
from reentry.errors import UsageError

app = typer.Typer()
dashboards_app = typer.Typer(no_args_is_help=True, help="Dashboards as code.")
users_app = typer.Typer(no_args_is_help=True, help="Accounts of the dashboards.")
app.add_typer(dashboards_app, name="dashboards")
app.add_typer(users_app, name="users")


@app.command()
def serve(
    home: HomeOption = HOME,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8088,
    only: Annotated[
        str | None, typer.Option("--only", help="service or superset: one of the two, as the systemd units do.")
    ] = None,
) -> None:
    """Serve the dashboards on the published version, until stopped: the service with the key, and Superset shut in."""
    from reentry.dashboards.serve import serving
    from reentry.service.server import serve as serve_requests
    from reentry.store import Home
    from reentry.vault import open_vault

    if only not in (None, "service", "superset"):
        raise UsageError(f"--only {only} is not known: service or superset.")
    if only == "service":
        serve_requests(Home(home), open_vault(home))
        return
    vault = open_vault(home) if only is None else None
    with serving(Home(home), vault, host=host, port=port, with_service=only is None) as running:
        typer.echo(running.held.sentence)
        typer.echo(f"看板：http://{host}:{port}/（按 Ctrl+C 停止）")
        with contextlib.suppress(KeyboardInterrupt):
            running.wait()


@dashboards_app.command("import")
def dashboards_import(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Bring the dashboards to what the files in dashboards/ say; what has no file any more goes."""
    from reentry.dashboards.superset import ask
    from reentry.store import Home
    from reentry.vault import open_vault

    done = ask(Home(home), open_vault(home), "import")
    if as_json:
        print_json(done)
    else:
        typer.echo(f"看板已更新：{done['pages']} 个页面，{done['charts']} 张图表")


@dashboards_app.command("check")
def dashboards_check(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Ask every chart through Superset; fail on an error or an unknown column."""
    from reentry.dashboards.superset import ask
    from reentry.store import Home
    from reentry.vault import open_vault

    found = ask(Home(home), open_vault(home), "check")
    if as_json:
        print_json(found)
    for failure in found["failures"]:
        typer.echo(f"{failure['file']}: {failure['wrong']}", err=True)
    if found["failures"]:
        raise UsageError(f"{len(found['failures'])} dashboard files fail: correct them, or the model they read.")
    if not as_json:
        typer.echo(f"{found['charts']} 张图表均可取数，{found['datasets']} 个数据集列名无误")


@dashboards_app.command("print")
def dashboards_print(
    out: Annotated[Path, typer.Option("--out", help="Folder for the PNG and PDF files.")],
    home: HomeOption = HOME,
    account: Annotated[str | None, typer.Option("--account", help="Print what this account may see.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="A running server; default: its own.")] = None,
    pages: Annotated[list[str] | None, typer.Option("--page", help="Only this page; may be given again.")] = None,
) -> None:
    """Write each page as PNG and PDF, with the row rules of the account."""
    from reentry.dashboards.printing import print_pages
    from reentry.store import Home
    from reentry.vault import open_vault

    vault = open_vault(home)
    made = print_pages(Home(home), vault, out, account=account, address=address, only=pages or [], progress=progress)
    typer.echo(f"已写入 {out}：{len(made)} 个文件")


@users_app.command("add")
def users_add(
    name: str,
    role: Annotated[str, typer.Option("--role", help="A role of dashboards/roles.yml.")],
    township: Annotated[str | None, typer.Option("--township", help="For roles of one township: code or name.")] = None,
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Make an account; its random password is shown once."""
    from reentry.dashboards.users import change

    change(home, "users-add", as_json, {"name": name, "role": role, "township": township})


@users_app.command("list")
def users_list(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """All accounts, with role and township."""
    from reentry.dashboards.users import change

    change(home, "users-list", as_json, {})


@users_app.command("disable")
def users_disable(name: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Close an account; it stays in the list."""
    from reentry.dashboards.users import change

    change(home, "users-disable", as_json, {"name": name})


@users_app.command("password")
def users_password(name: str, home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Give an account a new random password, shown once, and open it again."""
    from reentry.dashboards.users import change

    change(home, "users-password", as_json, {"name": name})
