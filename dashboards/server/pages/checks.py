"""数据检查报告: the Data Docs of the checks, as they lie in the home folder; row numbers only, no cell of a row."""

from __future__ import annotations

from flask import abort, send_file
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from server.pages.base import OwnPage
from server.service import ServiceError, ask

FIRST = "index.html"
USAGE_STATUS = 2
NOTHING = "还没有检查过任何报送：刷新一次数据后再看。"


class ChecksView(OwnPage):
    """Serves ``<home>/checks`` to who may open it."""

    route_base = "/checks"
    title = "数据检查报告"

    @expose("/", methods=["GET"])
    @expose("/<path:name>", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self, name: str = FIRST) -> ResponseReturnValue:
        """One file of the report; a sentence while nothing has been checked."""
        try:
            found = ask("checks_file", name=name)
        except ServiceError as refused:
            if name != FIRST and refused.status == USAGE_STATUS:
                abort(404)
            return self.page("nothing.html", said=NOTHING if refused.status == USAGE_STATUS else str(refused))
        return send_file(found["file"], download_name=found["name"])
