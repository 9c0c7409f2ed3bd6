"""Which file of the published version the queries of an account read. Deny by default.

- An account of one township reads files that hold nothing but its township's rows, so that no query, whatever its SQL
  says, finds another's: ``server.township_files``.
- `persons.duckdb` (rows of persons) is opened for roles with `person_level` only; 管理员 is none of them.
- No account but an administrator's reads anything in a request that did not pass the guard, by whatever way.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from flask import current_app, g

from server.roles import OWN, Role, read_roles
from server.township_files import township_file

PERSONS = "persons.duckdb"
MACHINE_ACCOUNT = "reentry"  # imports and checks; nobody can log in as it
NO_PERSONS = "这个账号不看逐人的数据。"
NO_TOWNSHIP = "这个账号没有所属镇街，不能查询：请告诉管理员。"
NO_ROLE = "这个账号没有可查询的数据：请告诉管理员。"
NOT_A_QUERY = "这个地址不能查询数据：请打开页面查看。"


class NoConnectionError(Exception):
    """The account may not open this file: one sentence."""


def choose_file(url: Any, params: dict[str, Any], username: Any, manager: Any, source: Any) -> tuple[Any, Any]:
    """Superset's DB_CONNECTION_MUTATOR: the file for the account of this request, or a connection that refuses."""
    del username, source
    try:
        return url.set(database=str(_file(Path(url.database or ""), manager))), params
    except NoConnectionError as error:
        return url, {**params, "creator": _refusing(str(error))}


def scope(manager: Any) -> str:
    """What answers kept for others must agree in with this account's: whose rows it reads."""
    held = _roles_held(manager)
    if getattr(g.get("user"), "username", None) == MACHINE_ACCOUNT:
        return "all"
    persons = any(role.person_level for role in held)
    return f"{sorted(_townships(manager))} {any(r.own_township for r in held)} {persons} {bool(held)}"


def file_read(whole: Path) -> Path:
    """The file, in the folder of its version, that the account of this request reads in place of ``whole``.

    For what a page says of itself, such as the choices in its bar; NoConnectionError where the account reads none.
    """
    from superset import security_manager

    return _own(whole, security_manager).resolve()


def _file(whole: Path, manager: Any) -> Path:
    if getattr(g.get("user"), "username", None) == MACHINE_ACCOUNT:
        return whole
    if _roles_held(manager) and not manager.is_admin() and not g.get("passed_guard"):
        raise NoConnectionError(NOT_A_QUERY)
    return _own(whole, manager)


def _own(whole: Path, manager: Any) -> Path:
    held, codes = _roles_held(manager), _townships(manager)
    if not held:
        raise NoConnectionError(NO_ROLE)
    if whole.name == PERSONS and not any(role.person_level for role in held):
        raise NoConnectionError(NO_PERSONS)
    if not codes and not any(role.own_township for role in held):
        return whole
    if len(codes) != 1:
        raise NoConnectionError(NO_TOWNSHIP)
    return township_file(whole, codes.pop(), Path(current_app.config["REENTRY_PLACE"]))


def _refusing(sentence: str) -> Any:
    def refuse() -> NoReturn:
        raise NoConnectionError(sentence)

    return refuse


def _names_held(manager: Any) -> list[str]:
    user = g.get("user")
    if user is None or user.is_anonymous:
        return []
    return [role.name for role in manager.get_user_roles(user)]


def _roles_held(manager: Any) -> list[Role]:
    known = _known()
    return [known[name] for name in _names_held(manager) if name in known]


def _townships(manager: Any) -> set[str]:
    return {name.removeprefix(OWN) for name in _names_held(manager) if name.startswith(OWN)}


@cache
def _known() -> dict[str, Role]:
    return {role.key: role for role in read_roles().roles.values()}
