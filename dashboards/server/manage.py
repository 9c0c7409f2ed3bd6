"""Run by `reentry` in Superset's environment: one process, one answer (JSON on standard output).

python -m server.manage COMMAND < input as JSON
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from server.assets import AssetError, load_assets
from server.roles import Roles, load_roles

Said = dict[str, Any]

FAILED = 2


def main() -> int:
    """Does one command and prints its answer; an expected failure is one line on standard error, status 2."""
    parser = argparse.ArgumentParser(prog="server.manage")
    parser.add_argument("command", choices=sorted(COMMANDS))
    asked = parser.parse_args()
    try:
        said = json.load(sys.stdin)
        # Superset and its migrations print to standard output
        with redirect_stdout(sys.stderr):
            answer = COMMANDS[asked.command](Path(os.environ["REENTRY_HOME"]), said)
    except AssetError as error:
        print(str(error), file=sys.stderr)
        return FAILED
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def _prepare(home: Path, said: Said) -> Any:
    del home, said
    from server.importing import ready_application

    return {"migrated": ready_application()[1]}


def _import(home: Path, said: Said) -> Any:
    del said
    from server.importing import bring_in

    return bring_in(load_assets(), home)


def _check(home: Path, said: Said) -> Any:
    del said
    from server.checking import check
    from server.importing import ready_application

    assets = load_assets()
    with ready_application()[0].app_context():
        return check(assets, home)


def _users_add(home: Path, said: Said) -> Any:
    from server import accounts
    from server.importing import townships

    with _context() as roles:
        return accounts.add(roles, townships(home), **said)


def _users_list(home: Path, said: Said) -> Any:
    del said
    from server import accounts
    from server.importing import townships

    with _context() as roles:
        return accounts.listed(roles, townships(home))


def _users_disable(home: Path, said: Said) -> Any:
    del home
    from server import accounts

    with _context():
        return accounts.disable(said["name"])


def _users_password(home: Path, said: Said) -> Any:
    del home
    from server import accounts

    with _context():
        return accounts.new_password(said["name"])


@contextmanager
def _context() -> Iterator[Roles]:
    from server.importing import ready_application

    roles = load_roles(load_assets())
    with ready_application()[0].app_context():
        yield roles


COMMANDS = {
    "prepare": _prepare,
    "import": _import,
    "check": _check,
    "users-add": _users_add,
    "users-list": _users_list,
    "users-disable": _users_disable,
    "users-password": _users_password,
}


if __name__ == "__main__":
    sys.exit(main())
