"""Passwords: one check for every way in which one is set, and the old one asked of whoever changes their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from werkzeug.security import check_password_hash

from server.limiter import HELD_OFF, looked_at

OWN_PAGE = "/account/"
LEAST, MOST = 8, 128  # characters
BAD_REQUEST, FORBIDDEN, UNAUTHORIZED = 400, 403, 401
EMPTY = "密码不能为空。"
SHORT = f"密码至少要有 {LEAST} 个字符。"
LONG = f"密码最多 {MOST} 个字符。"
NAMED = "密码里不能有账号名或姓名。"
SAME = "新密码不能与原密码相同。"
WRONG = "原密码不对，密码没有更改。"
OWN_ONLY_THERE = "自己的密码请在“账号”页面更改，须先输入原密码。"
NAME_STAYS = "姓名由管理员维护，不能自己更改。"
OLD_MISSING = "更改密码须同时给出原密码（old_password）和新密码（password）。"
LOG_IN_FIRST = "请先登录。"

# Superset's own pages for the account's own password and name: ours takes their place
OWN_PAGES = ("UserInfoView.", "ResetMyPasswordView.", "UserInfoEditView.", "UserDBModelView.userinfo")
OWN_API = "CurrentUserRestApi.update_me"
# where an administrator sets a password
OF_OTHERS = ("SupersetUserApi.post", "SupersetUserApi.put", "ResetPasswordView.", "UserDBModelView.")


def fault_of(password: Any, names: Iterable[str]) -> str | None:
    """What is wrong with a password, as one sentence. ``names``: the account's, its person's, its mail address."""
    if not isinstance(password, str) or not password.strip(" \t\r\n\0"):
        return EMPTY
    if len(password.strip(" \t\r\n\0")) < LEAST:
        return SHORT
    if len(password) > MOST:
        return LONG
    parts = {part.casefold() for name in names for part in (name, name.partition("@")[0])}
    return NAMED if any(len(part) > 1 and part in password.casefold() for part in parts) else None


def validate(password: str) -> None:
    """The check as Flask-AppBuilder calls it, which knows no names: for a way that is not in OF_OTHERS yet."""
    if fault := fault_of(password, ()):
        raise PasswordComplexityValidationError(fault)


def change_own(old: Any, new: Any) -> str | None:
    """Changes the password of the account of this request; what prevents it, as one sentence.

    A wrong old password counts as a wrong log-in does.
    """
    from superset import security_manager

    from server.security import counted_as

    user = security_manager.get_user_by_id(g.user.id)

    def look() -> bool:
        return isinstance(old, str) and bool(user.password) and check_password_hash(user.password, old)

    if not looked_at(counted_as(user), look):
        return WRONG
    if fault := fault_of(new, names_of(user)) or (SAME if new == old else None):
        return fault
    security_manager.reset_password(user.id, new)
    return None


def names_of(user: Any) -> tuple[str, ...]:
    """All that an account is called."""
    return tuple(name for name in (user.username, user.first_name, user.last_name, user.email) if name)


def guard_passwords(app: Flask) -> None:
    """Checks a new password before Superset sees it, whatever the way."""

    @app.before_request
    def checked() -> ResponseReturnValue | None:
        endpoint = request.endpoint or ""
        if endpoint.startswith(OWN_PAGES):
            return redirect(OWN_PAGE) if request.method in ("GET", "HEAD") else _refused(OWN_ONLY_THERE, FORBIDDEN)
        if endpoint == OWN_API:
            return _own()
        if endpoint.startswith(OF_OTHERS) and request.method in ("POST", "PUT"):
            return _of_another()
        return None


def _own() -> ResponseReturnValue | None:
    if g.user is None or g.user.is_anonymous:
        return _refused(LOG_IN_FIRST, UNAUTHORIZED)
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or set(said) != {"old_password", "password"}:
        named = isinstance(said, dict) and "password" not in said
        return _refused(NAME_STAYS, FORBIDDEN) if named else _refused(OLD_MISSING, BAD_REQUEST)
    fault = change_own(said["old_password"], said["password"])
    return _refused(fault, BAD_REQUEST) if fault else jsonify(result={})


def _of_another() -> ResponseReturnValue | None:
    """None when the request may go on to Superset, which asks whether the account may do it."""
    from superset import security_manager

    if g.user is None or g.user.is_anonymous:
        return None
    said: Any = request.get_json(silent=True) if request.is_json else request.form
    if not hasattr(said, "get") or "password" not in said:
        return None
    pk = (request.view_args or {}).get("pk") or request.args.get("pk")
    if str(pk) == str(g.user.id):
        return _refused(OWN_ONLY_THERE, FORBIDDEN)
    user = security_manager.get_user_by_id(int(pk)) if str(pk).isdecimal() else None
    said_names = (said.get(key) for key in ("username", "first_name", "last_name", "email"))
    names = [name for name in said_names if isinstance(name, str)]
    fault = fault_of(said["password"], [*names, *(names_of(user) if user else ())])
    return _refused(fault, BAD_REQUEST) if fault else None


def _refused(sentence: str, status: int) -> Response:
    if HELD_OFF in g:  # server.limiter says so
        return Response(status=status)
    answer = jsonify(message=sentence)
    answer.status_code = status
    return answer
