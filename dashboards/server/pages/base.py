"""What our own pages share: a frame with the menu, and who may open them. Their data they ask of `server.service`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, abort, g, redirect, render_template, request, send_file
from flask_appbuilder import BaseView

from server.appearance import NAME

TEMPLATES = Path(__file__).resolve().parent / "templates"
FORBIDDEN = 403
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGITS, _LAST_PAGE = 9, 10_000_000
_CHINA = ZoneInfo("Asia/Shanghai")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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

    @classmethod
    def in_menu(cls) -> bool:
        """Whether the page is in the menu of the account of this request."""
        from superset import security_manager

        return bool(security_manager.can_access("can_open", cls.__name__))

    def page(self, template: str, **values: Any) -> str:
        """A template of ``server/pages/templates`` inside our frame; it extends ``frame.html``."""
        from server.frame import head

        above = head(title=self.title, here=type(self).__name__)
        return render_template(template, name=NAME, title=self.title, head=above, **values)


class PersonPage(OwnPage):
    """A page with rows of persons, masked: for roles with ``person_level`` that name it, and for no administrator."""

    def may(self, permission: str) -> bool:
        """As every page's, and a role of the account has to name the page in roles.yml."""
        return super().may(permission) and _has_role_for(type(self).__name__)

    @classmethod
    def in_menu(cls) -> bool:
        """As every page's."""
        return super().in_menu() and _has_role_for(cls.__name__)


def _has_role_for(view: str) -> bool:
    from superset import security_manager

    from server.roles import read_roles

    held = {role.name for role in security_manager.get_user_roles()}
    roles = [role for role in read_roles().roles.values() if role.person_level and not role.own_township]
    return any(view in role.own_pages and role.key in held for role in roles)


def chosen_name(key: str) -> str | None:
    """A name in the address, such as ``justice.register``; None where there is none, 404 for what cannot be one."""
    text = request.args.get(key, "")
    if text and not _NAME.fullmatch(text):
        abort(404)
    return text or None


def address_with(**changes: Any) -> str:
    """The question of this request's address with some values changed."""
    return urlencode({**request.args.to_dict(), **changes})


def chosen_page() -> int:
    """The number of a page in the address, 1 where there is none."""
    text = request.args.get("page", "1")
    return min(max(int(text), 1), _LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 1


def day_or_none(text: str) -> date | None:
    """A day as ``2025-06-19``; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def send_workbook(found: dict[str, Any]) -> Response:
    """A workbook of the service as a download."""
    return send_file(found["file"], mimetype=_XLSX, as_attachment=True, download_name=found["name"])


def local_time(moment: str) -> str:
    """``2025-06-19T08:00:00Z`` as a clock in China shows it; nothing for nothing."""
    return f"{datetime.fromisoformat(moment).astimezone(_CHINA):%Y-%m-%d %H:%M}" if moment else ""
