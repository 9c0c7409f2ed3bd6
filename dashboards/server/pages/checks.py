"""数据检查报告: the Data Docs of the checks, as they lie in the home folder; row numbers only, no cell of a row."""

from __future__ import annotations

import os
from pathlib import Path

from flask import send_from_directory
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from server.pages.base import OwnPage


class ChecksView(OwnPage):
    """Serves ``<home>/checks`` to who may open it."""

    route_base = "/checks"
    title = "数据检查报告"

    @expose("/", methods=["GET"])
    @expose("/<path:name>", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self, name: str = "index.html") -> ResponseReturnValue:
        """One file of the report; a sentence while nothing has been checked."""
        folder = Path(os.environ["REENTRY_HOME"]) / "checks"
        if not (folder / "index.html").exists():
            return self.page("nothing.html", said="还没有检查过任何报送：刷新一次数据后再看。")
        return send_from_directory(folder, name)
