"""No web account makes, changes or tests a database connection: they are what the files of the project say.

Twice: whatever a role may in Superset, the addresses answer 403 before Superset looks at them; and no web request
writes a connection, by whatever address, those of a later Superset too. `reentry dashboards import` makes them, in a
process of its own.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, has_request_context, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event
from werkzeug.exceptions import Forbidden

from server.service import ServiceError, ask

REFUSED = "数据库连接由系统维护，网页上不能新建、修改、导入或测试。"
STATUS = 403
# what is looked at for SQL Lab; everything else of these two views, known or to come, is refused
VIEWS = ("DatabaseRestApi", "DatabaseView")
READ = frozenset(
    {
        *("get", "get_list", "info", "related", "related_objects", "catalogs", "schemas", "tables"),
        *("table_metadata", "table_extra_metadata", "table_metadata_deprecated", "table_extra_metadata_deprecated"),
        *("select_star", "function_names", "schemas_access_for_file_upload"),
    }
)
IMPORT = "import_"  # of whatever: a bundle of pages or charts carries the connection that they read
SAFE = ("GET", "HEAD", "OPTIONS")

log = logging.getLogger(__name__)


def keep_connections(app: Flask) -> None:
    """Refuses the addresses, first of all that is done to a request, and every write of a connection."""
    app.before_request_funcs.setdefault(None, []).insert(0, _refuse)
    from superset.databases.ssh_tunnel.models import SSHTunnel
    from superset.models.core import Database, DatabaseUserOAuth2Tokens

    for model in (Database, SSHTunnel, DatabaseUserOAuth2Tokens):
        for moment in ("before_insert", "before_update", "before_delete"):
            event.listen(model, moment, _forbid)


def is_of_connections(endpoint: str, method: str) -> bool:
    """Whether a request to an endpoint would make, change, import or test a connection."""
    view, _, name = endpoint.rpartition(".")
    if name == IMPORT:
        return True
    return view in VIEWS and not (name in READ and method in SAFE)


def _refuse() -> ResponseReturnValue | None:
    if request.endpoint is None or not is_of_connections(request.endpoint, request.method):
        return None
    _record()
    return jsonify(message=REFUSED, errors=[{"message": REFUSED}]), STATUS


def _forbid(mapper: Any, connection: Any, target: Any) -> None:
    del mapper, connection, target
    if has_request_context():
        raise Forbidden(REFUSED)


def _record() -> None:
    """Puts the refusal on the log, where somebody is logged in; it is refused all the same when that fails."""
    from flask_login import current_user

    if current_user.is_anonymous:
        return
    try:
        ask(
            "record",
            account=current_user.username,
            action="refuse",
            about={"address": request.path[:200], "method": request.method},
        )
    except ServiceError as error:
        log.warning("a refusal is not on the log: %s", error)
