"""The guard: no SQL of an asker's own reaches the database.

Whoever is no administrator asks only what an imported chart, or an imported filter of a page, asks. Each query is
compared with the chart that its request names, word for word; free are the values of the page's filters, and nothing
else. What is not on the list is refused (400) with one sentence, and noted on the log. How the list is made of the
chart's own settings: ``server.allowed``.

Two more locks stand behind it. ``keep_out`` knows the few addresses of Superset that a page needs, and refuses all
others, those of its next version too. ``server.account_files`` opens no connection in a request that did not pass here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from flask import Flask, Response, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from server import refusals
from server.allowed import Allowed, NotAllowedError, is_result
from server.service import ServiceError, ask

log = logging.getLogger(__name__)

SENTENCE = "这不是页面上的图表所用的查询（{part}），没有执行：请在页面上用统计期、镇街和筛选查看。"
NO_SUCH_ADDRESS = "没有权限使用这个地址。"
BROKEN = "这个图表现在读不出来：请稍后再试；仍然如此时请告诉管理员。"
NOBODY = "请先登录。"
UNKNOWN, REFUSED = 401, 403
FIRST_ERROR = 400
MOST_QUERIES = 8  # of one request; no chart asks more than four
QUERIES = ("ChartDataRestApi.data", "ChartDataRestApi.get_data")
OURS = "server."  # views of our own ask for their permissions themselves
# what a page, its log-in and its log-out need of Superset
ROUTES = frozenset(
    {
        "static",
        "appbuilder.static",
        "health.health",
        "SupersetIndexView.index",
        "SupersetAuthView.login",
        "SupersetAuthView.logout",
        "AuthDBView.login",
        "AuthDBView.logout",
        "SecurityApi.login",
        "SecurityApi.refresh",
        "SecurityRestApi.csrf_token",
        "CurrentUserRestApi.get_me",
        "CurrentUserRestApi.get_my_roles",
        "CurrentUserRestApi.update_me",
        "Superset.welcome",
        "Superset.dashboard",
        "Superset.language_pack",
        "Superset.log",
        "Api.time_range",
        "DashboardRestApi.get",
        "DashboardRestApi.get_list",
        "DashboardRestApi.get_charts",
        "DashboardRestApi.get_datasets",
        "DashboardRestApi.favorite_status",
        "DashboardRestApi.put_colors",  # answered by us: server.application
        "DashboardFilterStateRestApi.get",
        "DashboardFilterStateRestApi.post",
        "DashboardFilterStateRestApi.put",
        *QUERIES,
    }
)


def stand_guard(app: Flask) -> None:
    """Puts the guard in front of Superset's chart data, and keeps viewers out of all that no page needs."""
    from superset.common.query_context_factory import QueryContextFactory
    from superset.exceptions import QueryObjectValidationError

    whole = QueryContextFactory.create

    @wraps(whole)
    def create(self: Any, **said: Any) -> Any:
        if not is_held() or request.endpoint not in QUERIES:  # elsewhere a query is looked at, and cannot run
            return whole(self, **said)
        try:
            checked = check(said)
            made = whole(self, **checked)
        except NotAllowedError as error:
            raise QueryObjectValidationError(refused(str(error))) from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise QueryObjectValidationError(refused("格式不对")) from error
        g.passed_guard = True
        return made

    QueryContextFactory.create = create
    _keep_filter_states_apart()

    @app.before_request
    def keep_out() -> ResponseReturnValue | None:
        _recognise_token()
        if request.endpoint is None or not is_held() or request.endpoint in ROUTES:
            return None
        view: Callable[..., Any] = app.view_functions[request.endpoint]
        owner = getattr(view, "__self__", None)
        if request.endpoint.endswith(".static") or (type(owner) if owner else view).__module__.startswith(OURS):
            return None
        is_page = request.method == "GET" and not request.path.startswith("/api/")
        if g.user is None or g.user.is_anonymous:
            return redirect("/login/") if is_page else _refusal(NOBODY, UNKNOWN)
        return refusals.page(refusals.ERRORS[REFUSED], REFUSED) if is_page else _refusal(NO_SUCH_ADDRESS, REFUSED)


def check(said: dict[str, Any]) -> dict[str, Any]:
    """The parts of a query context, in the words of the chart or filter that it names; NotAllowedError otherwise."""
    form: Any = said.get("form_data") or {}
    if not isinstance(form, dict):
        raise NotAllowedError("格式不对")
    allowed = Allowed.of_filter(form) if form.get("native_filter_id") else Allowed.of_chart(_chart_named(form))
    datasource = said.get("datasource") or {}
    if datasource.get("type") != "table" or str(datasource.get("id")) != str(allowed.dataset):
        raise NotAllowedError("数据集")
    if not is_result(said.get("result_type")):
        raise NotAllowedError("结果类型")
    if len(said["queries"]) > MOST_QUERIES:
        raise NotAllowedError("一次问得太多")
    queries = [allowed.query(query) for query in said["queries"]]
    # what Superset reads of the form is what was imported; of the request's own nothing is left
    return {**said, "queries": queries, "form_data": allowed.form}


def _chart_named(form: dict[str, Any]) -> int:
    if request.endpoint == "ChartDataRestApi.get_data":
        return int((request.view_args or {})["pk"])
    named = form.get("slice_id")
    if not isinstance(named, int | str) or not str(named).isdecimal():
        raise NotAllowedError("没有指明图表")
    return int(named)


def refused(part: str) -> str:
    """The sentence for a query that is not its chart's; the refusal is noted on the log."""
    log.warning("refused: %s asked %s: %s", getattr(g.get("user"), "username", "nobody"), request.path, part)
    with suppress(ServiceError):  # refused whether it can be entered or not
        ask("record", action="refuse", about={"address": request.path, "part": part})
    return SENTENCE.format(part=part)


def _refusal(sentence: str, status: int) -> Response:
    answer = jsonify(message=sentence)
    answer.status_code = status
    return answer


def is_held() -> bool:
    """Whether the account of this request is held to what pages ask: whoever is no administrator."""
    from superset import security_manager

    user = g.get("user")
    return user is None or user.is_anonymous or not security_manager.is_admin()


def _recognise_token() -> None:
    """Whoever comes with a token instead of a cookie is known before the view asks, so that the list holds for it."""
    from flask_jwt_extended import verify_jwt_in_request

    if request.headers.get("Authorization", "").startswith("Bearer "):
        try:
            verify_jwt_in_request(optional=True)
        except Exception:  # a token that is not good: the view itself answers 401
            log.info("a token that is not good")


def _keep_filter_states_apart() -> None:
    """The state of a page's filters is its account's own: Superset gives it to whoever has its key."""
    from superset.commands.dashboard.filter_state.get import GetFilterStateCommand
    from superset.extensions import cache_manager
    from superset.temporary_cache.utils import cache_key
    from superset.utils.core import get_user_id

    whole = GetFilterStateCommand.get

    @wraps(whole)
    def get(self: Any, parameters: Any) -> str | None:
        entry = cache_manager.filter_state_cache.get(cache_key(parameters.resource_id, parameters.key)) or {}
        found: str | None = whole(self, parameters) if entry.get("owner") == get_user_id() else None
        return found

    GetFilterStateCommand.get = get
