"""Requests that lack what their address needs: 400 or 404 and one sentence, where Superset would break (500)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, jsonify, request

BAD_REQUEST, NOT_FOUND = 400, 404
NO_LANGUAGE = "没有这种语言。"
NO_ACTION = "没有这个操作。"
NO_CONNECTION = "这里没有要登录的数据库。"
NO_RANGE = "请给出时间范围，例如 ?q=Last week。"
NO_QUESTION = "请求不完整：须有 datasource（id 和 type）和 queries（至少一项，每一项不能再指定 datasource）。"
NO_ROWS = "只有表格数据才能存成文件：请把 result_type 改为 full、results、samples、drill_detail 或 post_processed。"
AS_FILE = ("csv", "xlsx")
WITH_ROWS = (None, "full", "results", "samples", "drill_detail", "post_processed")


def answer_bad_requests(app: Flask) -> None:
    """Looks at a request before Superset does."""
    from superset.views.api import Api

    Api.response_400 = _unreadable_range  # Superset calls it for one, but has forgotten to write it

    @app.before_request
    def refuse() -> Response | None:
        endpoint = request.endpoint or ""
        check = CHECKS.get(endpoint) or (_action if endpoint.endswith((".action", ".action_post")) else None)
        return check() if check else None


def _language() -> Response | None:
    locale = (request.view_args or {})["locale"]
    return None if locale in current_app.config["LANGUAGES"] else _refused(NO_LANGUAGE, NOT_FOUND)


def _action() -> Response | None:
    """Of a list of Flask-AppBuilder's: only what the list offers."""
    from superset.extensions import appbuilder

    view = next((v for v in appbuilder.baseviews if v.endpoint == request.blueprint), None)
    name = (request.view_args or {}).get("name") or request.form.get("action")
    return None if view is not None and name in view.actions else _refused(NO_ACTION, NOT_FOUND)


def _connection() -> Response | None:
    return None if request.args.get("state") else _refused(NO_CONNECTION, BAD_REQUEST)


def _range() -> Response | None:
    return None if request.args.get("q") else _refused(NO_RANGE, BAD_REQUEST)


def _unreadable_range(view: Any, message: str = "") -> Response:
    del view, message
    return _refused(NO_RANGE, BAD_REQUEST)


def _question() -> Response | None:
    asked = _body()
    queries, datasource = (asked.get("queries"), asked.get("datasource")) if isinstance(asked, dict) else (None, None)
    if not isinstance(queries, list) or not queries or not isinstance(datasource, dict):
        return _refused(NO_QUESTION, BAD_REQUEST)
    if not {"id", "type"} <= set(datasource) or any(not isinstance(q, dict) or "datasource" in q for q in queries):
        return _refused(NO_QUESTION, BAD_REQUEST)
    as_file = asked.get("result_format") in AS_FILE
    types = [asked.get("result_type"), *(query.get("result_type") for query in queries)]
    return _refused(NO_ROWS, BAD_REQUEST) if as_file and any(kind not in WITH_ROWS for kind in types) else None


def _saved_question() -> Response | None:
    as_file = request.args.get("format") in AS_FILE
    return _refused(NO_ROWS, BAD_REQUEST) if as_file and request.args.get("type") not in WITH_ROWS else None


def _body() -> Any:
    """What is asked, as Superset reads it."""
    if request.is_json:
        return request.get_json(silent=True)
    try:
        return json.loads(request.form.get("form_data", ""))
    except ValueError:
        return None


def _refused(sentence: str, status: int) -> Response:
    answer = jsonify(message=sentence)
    answer.status_code = status
    return answer


CHECKS: dict[str, Callable[[], Response | None]] = {
    "LocaleView.index": _language,
    "SupersetIndexView.patch_flask_locale": _language,
    "DatabaseRestApi.oauth2": _connection,
    "Api.time_range": _range,
    "ChartDataRestApi.data": _question,
    "ChartDataRestApi.get_data": _saved_question,
}
