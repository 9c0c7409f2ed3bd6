"""规则手册: what every rule means and what is to be done; a rule's code anywhere on the pages leads here."""

from __future__ import annotations

from flask import g, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from server.pages.base import OwnPage
from server.service import ask


class HandbookView(OwnPage):
    """The handbook as it is in force here. It holds no data: every account may read it, some have it in the menu."""

    route_base = "/handbook"
    title = "规则手册"

    @expose("/", methods=["GET"])
    def show(self) -> ResponseReturnValue:
        """All of it: found by the browser's script and by ``#W12`` in the address."""
        if g.user is None or g.user.is_anonymous:
            return redirect("/login/")
        return self.page("handbook.html", doc=ask("rules"))
