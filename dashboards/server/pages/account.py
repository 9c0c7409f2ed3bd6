"""账号: who has logged in, and a new password for it."""

from __future__ import annotations

from typing import ClassVar

from flask import g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from server.pages.base import OwnPage
from server.passwords import LEAST, change_own

DONE = "密码已更改，请用新密码重新登录。"
DIFFERENT = "两次输入的新密码不一样，密码没有更改。"


class AccountView(OwnPage):
    """One's own account, whatever its role."""

    route_base = "/account"
    title = "账号"
    base_permissions: ClassVar[list[str]] = []

    @expose("/", methods=["GET", "POST"])
    def show(self) -> ResponseReturnValue:
        """The account, and the form for another password."""
        if g.user is None or g.user.is_anonymous:
            return redirect("/login/")
        fault = self._change() if request.method == "POST" else None
        if request.method == "POST" and fault is None:
            session.clear()
            g.user = None  # nobody from here on: no menu
            return self.page("account_changed.html", said=DONE)
        return self.page("account.html", user=g.user, least=LEAST, fault=fault)

    def _change(self) -> str | None:
        said = request.form
        if said.get("password") != said.get("again"):
            return DIFFERENT
        return change_own(said.get("old_password"), said.get("password"))
