"""Pages of our own inside Superset. To add one: docs/dashboards.md, "A page of our own"."""

from __future__ import annotations

from flask_appbuilder import BaseView

# one line a page: the view, and its place in the menu; who may open it is said in roles.yml (`own_pages`)
PAGES: tuple[type[BaseView], ...] = ()
