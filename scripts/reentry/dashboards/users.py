"""`reentry users`: accounts are kept by Superset; passwords are random and shown once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from reentry.dashboards.superset import ask
from reentry.figures import show
from reentry.store import Home
from reentry.vault import open_vault

WORDS = {
    "name": "账号",
    "role": "角色",
    "township": "镇街",
    "active": "启用",
    "last_login": "上次登录",
    "password": "密码",
}


def change(home: Path, command: str, as_json: bool, said: dict[str, Any]) -> None:
    """Does one command on the accounts and prints its answer."""
    answer = ask(Home(home), open_vault(home), command, said=said)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    rows = answer if isinstance(answer, list) else [answer]
    yes_no = {True: "是", False: "否"}
    chinese = [{WORDS[k]: yes_no[v] if isinstance(v, bool) else v or "" for k, v in row.items()} for row in rows]
    if command == "users-disable":
        typer.echo(f"账号 {answer['name']} 已停用")
    else:
        show.table("账号", chinese)
