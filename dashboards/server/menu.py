"""What an account finds in its menu: its pages in the order of their files, then our own views."""

from __future__ import annotations

from typing import Any, TypedDict

from flask import g

from server.chinese import our_words

# of the account's own corner: our page about it, and nothing about Superset
OF_SUPERSET = dict.fromkeys(("version_string", "version_sha", "build_number"), "")
RIGHT = {"show_watermark": False, "user_info_url": "/account/", **OF_SUPERSET}


class Entry(TypedDict):
    """One place in the menu."""

    slug: str
    title: str
    address: str


def pages_of_user() -> list[Entry]:
    """The pages that the account of this request may see; none for nobody."""
    from superset import security_manager
    from superset.extensions import db
    from superset.models.dashboard import Dashboard, DashboardRoles

    from server.pages import PAGES

    if g.user is None or g.user.is_anonymous:
        return []
    held = [role.id for role in security_manager.get_user_roles()]
    shown = db.session.query(DashboardRoles.c.dashboard_id).filter(DashboardRoles.c.role_id.in_(held))
    found = (
        db.session.query(Dashboard.slug, Dashboard.dashboard_title)
        .filter(Dashboard.is_managed_externally, Dashboard.published, Dashboard.id.in_(shown))
        .order_by(Dashboard.external_url)
    )
    entries: list[Entry] = [
        {"slug": slug, "title": title, "address": f"/superset/dashboard/{slug}/"} for slug, title in found
    ]
    entries += [
        {"slug": view.__name__, "title": view.title, "address": f"{view.route_base}/"}
        for view in PAGES
        if view.in_menu()
    ]
    return entries


def with_pages(data: dict[str, Any]) -> dict[str, Any]:
    """Superset's menu with the account's pages in the place of its list of dashboards; administrators keep the rest."""
    from superset import security_manager

    pages: list[dict[str, Any]] = [
        {"name": page["slug"], "label": page["title"], "url": page["address"], "icon": "", "childs": []}
        for page in pages_of_user()
    ]
    if security_manager.is_admin():
        kept = [_renamed(entry) for entry in data["menu"] if entry.get("name") not in ("Home", "Datasets")]
        pages = [{"name": "pages", "label": "页面", "icon": "", "childs": pages}, *kept]
    return {**data, "menu": pages, "navbar_right": {**data["navbar_right"], **RIGHT}}


def _renamed(entry: Any) -> Any:
    """A place of Superset's menu in our words: its own are guessed."""
    if not isinstance(entry, dict):  # a line between places
        return entry
    label = our_words().get(str(entry.get("name")), entry.get("label"))
    return {**entry, "label": label, "childs": [_renamed(child) for child in entry.get("childs", [])]}
