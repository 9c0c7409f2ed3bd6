"""What our own pages share: a frame with the menu, and who may open them. Their data they ask of `server.service`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

from flask import Response, g, redirect, render_template
from flask_appbuilder import BaseView

from server.appearance import NAME

TEMPLATES = Path(__file__).resolve().parent / "templates"
FORBIDDEN = 403


def allowed(permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For a method of a page: whoever may not gets 403 (`@has_access` would send them to their first page)."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def checked(self: OwnPage, *values: Any, **named: Any) -> Any:
            if g.user is None or g.user.is_anonymous:
                return redirect("/login/")
            if not self.may(permission):
                return Response("403", FORBIDDEN, mimetype="text/html")
            return method(self, *values, **named)

        return checked

    return decorate


class OwnPage(BaseView):
    """One page. Its methods carry ``@expose``, and ``@allowed("open")`` or ``@has_access`` with a permission's name."""

    title: ClassVar[str]
    route_base: ClassVar[str]
    # Flask-AppBuilder would look beside its own templates
    template_folder = str(TEMPLATES)
    base_permissions: ClassVar[list[str]] = ["can_open"]

    def may(self, permission: str) -> bool:
        """Whether the account of this request has a permission of this page, such as ``open``."""
        from superset import security_manager

        return bool(security_manager.can_access(f"can_{permission}", type(self).__name__))

    def page(self, template: str, **values: Any) -> str:
        """A template of ``server/pages/templates`` inside our frame; it extends ``frame.html``."""
        from server.frame import head

        above = head(title=self.title, here=type(self).__name__)
        return render_template(template, name=NAME, title=self.title, head=above, **values)
