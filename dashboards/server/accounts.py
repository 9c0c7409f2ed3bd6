"""Accounts: who logs in, in which role, for which township. Passwords are random and shown once."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event, inspect
from sqlalchemy.orm import object_session

from server.assets import AssetError
from server.roles import OWN, Roles, township_role

FILE = "accounts.txt"
FIRST = "first"


def make_first(roles: Roles, townships: dict[str, str], home: Path) -> list[dict[str, str]]:
    """Makes the accounts of ``roles.yml`` that are not there yet; their passwords go to a file only its owner reads."""
    from superset import security_manager

    made = []
    for said in roles.accounts:
        if security_manager.find_user(said["name"]) is None:
            township = min(townships) if said.get("township") == FIRST else said.get("township")
            made.append(add(roles, townships, name=said["name"], role=said["role"], township=township))
    if made:
        _keep(home, made)
    return made


def add(
    roles: Roles, townships: dict[str, str], *, name: str, role: str, township: str | None = None
) -> dict[str, str]:
    """Makes one account with a random password. ``township`` is a code or a name, for roles of one township only."""
    from superset import security_manager

    if security_manager.find_user(name) is not None:
        raise AssetError(
            f"There is an account {name} already: choose another name, or `reentry users password {name}`."
        )
    if role not in roles.roles:
        raise AssetError(f"There is no role {role}: choose one of {'、'.join(roles.roles)}.")
    wanted = roles.roles[role]
    held = [security_manager.find_role(wanted.key)]
    code = None
    if wanted.own_township:
        code = _township(townships, township, role)
        held.append(security_manager.find_role(township_role(code)))
    elif township is not None:
        raise AssetError(f"The role {role} is for the whole district: leave out --township.")
    password = secrets.token_urlsafe(12)
    title = f"{townships[code]}{role}" if code else role
    if not security_manager.add_user(name, title, "", f"{name}@localhost", held, password):
        raise AssetError(f"The account {name} could not be made: use letters, digits, dots and dashes in its name.")
    return {"name": name, "role": role, "township": townships[code] if code else "", "password": password}


def listed(roles: Roles, townships: dict[str, str]) -> list[dict[str, Any]]:
    """All accounts, without passwords."""
    from superset import security_manager

    titles = {r.key: r.name for r in roles.roles.values()}
    rows = []
    for user in security_manager.get_all_users():
        held = [r.name for r in user.roles]
        rows.append(
            {
                "name": user.username,
                "role": "、".join(titles[h] for h in held if h in titles),
                "township": "、".join(townships.get(h.removeprefix(OWN), h) for h in held if h.startswith(OWN)),
                "active": bool(user.active),
                "last_login": user.last_login.isoformat(" ", "seconds") if user.last_login else None,
            }
        )
    return sorted(rows, key=lambda row: row["name"])


def disable(name: str) -> dict[str, str]:
    """Closes an account: it stays in the list and cannot log in."""
    from superset import security_manager

    user = _user(name)
    user.active = False
    security_manager.update_user(user)
    return {"name": name}


def new_password(name: str) -> dict[str, str]:
    """Gives an account a new random password, and opens it again."""
    from superset import security_manager

    user = _user(name)
    password = secrets.token_urlsafe(12)
    user.active = True
    security_manager.reset_password(user.id, password)
    return {"name": name, "password": password}


def kept(place: Path) -> list[list[str]]:
    """Lines of the file of first passwords in Superset's folder: name, role, township, password."""
    path = place / FILE
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def _user(name: str) -> Any:
    from superset import security_manager

    user = security_manager.find_user(name)
    if user is None:
        raise AssetError(f"There is no account {name}: `reentry users list` shows them.")
    return user


def _township(townships: dict[str, str], said: str | None, role: str) -> str:
    if said is None:
        raise AssetError(f"An account of the role {role} sees one township: give --township.")
    for code, name in townships.items():
        if said in (code, name):
            return code
    raise AssetError(f"There is no township {said}: give one of {'、'.join(townships.values())}.")


def _keep(home: Path, made: list[dict[str, str]]) -> None:
    place = home / "superset"
    _write(place, [*kept(place), *([a["name"], a["role"], a["township"], a["password"]] for a in made)])


def forget_first_passwords(app: Flask) -> None:
    """A password that was changed, by whatever way, is no longer the first one: its line leaves the file."""
    place = Path(app.config["REENTRY_PLACE"])

    def changed(mapper: Any, connection: Any, account: User) -> None:
        del mapper, connection
        if inspect(account).attrs.password.history.has_changes():
            name = account.username
            event.listen(object_session(account), "after_commit", lambda _: _forget(place, name), once=True)

    event.listen(User, "after_update", changed, propagate=True)


def _forget(place: Path, name: str) -> None:
    lines = kept(place)
    if any(line[0] == name for line in lines):
        _write(place, [line for line in lines if line[0] != name])


def _write(place: Path, lines: list[list[str]]) -> None:
    """Whole or not at all; only its owner reads it."""
    descriptor, path = tempfile.mkstemp(dir=place, prefix=FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines("\t".join(line) + "\n" for line in lines)
    Path(path).replace(place / FILE)
