"""The head of every page: menu, account, the page's title, and the choice of period and township.

Superset's own menu, title and filter bar stay away from dashboards: one click in ours opens the address that says what
was chosen, so that what is shown is in the address, in the browser's history and in every link. Superset's scripts ask
the element ``page-head`` for what they would look up in the address (``server.offline``).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, render_template, request

from server.age import age_now
from server.appearance import NAME
from server.choice import TOWNSHIP, Control, address_query, controls_of, native_filters
from server.menu import pages_of_user

DASHBOARD = "Superset.dashboard"
BARE = "standalone"  # the parameter of an address that is printed: no menu
NO_MENU_NO_TITLE = "2"  # Superset's word for it
OK = 200
LANGUAGE = re.compile(r"<html(?: lang=\"[^\"]*\")?")
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


def frame_pages(app: Flask) -> None:
    """Puts the head above every dashboard."""
    from superset.models.dashboard import Dashboard

    @app.after_request
    def framed(answer: Response) -> Response:
        if request.endpoint != DASHBOARD or answer.status_code != OK or answer.mimetype != "text/html":
            return answer
        page = Dashboard.get((request.view_args or {})["dashboard_id_or_slug"])
        html = answer.get_data(as_text=True)
        begin = html.index(">", html.index("<body")) + 1
        said = LANGUAGE.sub('<html lang="zh-CN"', html[:begin], count=1).replace("</head>", f"{VIEWPORT}</head>", 1)
        answer.set_data(said + _head(page) + html[begin:])
        return answer


def head(*, title: str, here: str, controls: list[Control] | None = None, told: dict[str, str] | None = None) -> str:
    """The head as HTML. ``here``: the page's slug; ``told``: what Superset's scripts are told, by parameter."""
    from superset import security_manager

    chosen = controls or []
    query = address_query(chosen) if controls is not None else _kept()
    township = next((c for c in chosen if c.parameter == TOWNSHIP), None)
    away = township is not None and township.chosen != township.first
    user = g.get("user")  # nobody once a changed password has ended the session
    if user is not None and user.is_anonymous:
        user = None
    return render_template(
        "head.html",
        name=NAME,
        title=title,
        here=here,
        menu=[{**entry, "address": entry["address"] + query} for entry in pages_of_user()],
        is_admin=user is not None and security_manager.is_admin(),
        user=user,
        controls=chosen,
        told=told or {},
        is_bare=BARE in request.args,
        is_of_township=township is not None and (away or township.chosen != "全区"),
        back=f"{request.path}{address_query(chosen, without=TOWNSHIP)}" if away else None,
        back_to=township.first if township else None,
        age=None if user is None else age_now(),
    )


def _head(page: Any) -> str:
    controls = controls_of(page, request.args)
    told = {BARE: NO_MENU_NO_TITLE}
    if controls:
        told |= {"native_filters": native_filters(controls), "show_filters": "0"}
    return head(title=page.dashboard_title, here=page.slug, controls=controls, told=told)


def _kept() -> str:
    """The choice of the page before, carried through pages that have none."""
    kept = {name: request.args[name] for name in ("period", TOWNSHIP) if name in request.args}
    return f"?{urlencode(kept)}" if kept else ""
