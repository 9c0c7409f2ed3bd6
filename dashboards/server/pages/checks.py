"""数据检查报告: what the last check of each feed looked at, rule by rule; row numbers only, no cell of a row."""

from __future__ import annotations

import json
from typing import Any

from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from server.pages.base import OwnPage, chosen_name
from server.service import ServiceError, ask

REPORT = "index.json"
USAGE_STATUS = 2
NOTHING = "还没有检查过任何报送：刷新一次数据后再看。"


class ChecksView(OwnPage):
    """The report of ``<home>/checks``: all feeds in short, and of one the rules."""

    route_base = "/checks"
    title = "数据检查报告"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self) -> str:
        """The report; a sentence while nothing has been checked."""
        try:
            with ask("checks_file", name=REPORT)["file"] as file:
                documents: list[dict[str, Any]] = json.load(file)
        except ServiceError as refused:
            return self.page("nothing.html", said=NOTHING if refused.status == USAGE_STATUS else str(refused))
        chosen = next((one for one in documents if one["feed"] == chosen_name("feed")), None)
        return self.page("checks.html", documents=documents, chosen=chosen)
