"""Whole answers, kept in memory: what twenty viewers ask in the same instant is put together once.

An answer is kept under all that it depends on: the published version, the request to the letter, what the account's
roles may, the row rules, and the state of Superset's datasets, charts and pages, all read anew at each request. So
nothing has to be invalidated, a right taken away is gone at the next request, and accounts with the same rights share.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy import bindparam, text

from server.cache import VersionCache

TILES = "/api/v1/chart/data"
PAGES = re.compile(r"/api/v1/dashboard/[\w-]+(/charts|/datasets)?")
JSON = "application/json"
OK = 200
# roles' permissions, row rules and pages; charts on pages; when what pages are made of was last changed
STATE = text(
    """
    select 'may' as said, menu.name as one, permission.name as other
    from ab_permission_view_role as given
    inner join ab_permission_view as held on given.permission_view_id = held.id
    inner join ab_view_menu as menu on held.view_menu_id = menu.id
    inner join ab_permission as permission on held.permission_id = permission.id
    where given.role_id in :roles
    union all select 'rule', cast(id as varchar), cast(filter_type as varchar) || clause || coalesce(group_key, '')
    from row_level_security_filters
    union all select 'rule of', cast(rls_filter_id as varchar), cast(role_id as varchar)
    from rls_filter_roles where role_id in :roles
    union all select 'rule on', cast(rls_filter_id as varchar), cast(table_id as varchar) from rls_filter_tables
    union all select 'page of', cast(dashboard_id as varchar), cast(role_id as varchar) from dashboard_roles
    union all select 'chart on', cast(dashboard_id as varchar), cast(slice_id as varchar) from dashboard_slices
    union all select 'database', cast(count(*) as varchar), cast(max(changed_on) as varchar) from dbs
    union all select 'dataset', cast(count(*) as varchar), cast(max(changed_on) as varchar) from tables
    union all select 'column', cast(count(*) as varchar), cast(max(changed_on) as varchar) from table_columns
    union all select 'metric', cast(count(*) as varchar), cast(max(changed_on) as varchar) from sql_metrics
    union all select 'chart', cast(count(*) as varchar), cast(max(changed_on) as varchar) from slices
    union all select 'page', cast(count(*) as varchar), cast(max(changed_on) as varchar) from dashboards
    union all select 'own page', cast(dashboard_id as varchar), cast(user_id as varchar)
    from dashboard_user where user_id = :user
    union all select 'own chart', cast(slice_id as varchar), cast(user_id as varchar)
    from slice_user where user_id = :user
    union all select 'own dataset', cast(table_id as varchar), cast(user_id as varchar)
    from sqlatable_user where user_id = :user
    """
).bindparams(bindparam("roles", expanding=True))


def keep_answers(app: Flask) -> None:
    """Answers what was answered before; for administrators, who may change what they see, nothing is kept."""
    cache = VersionCache(Path(app.config["DATA_CACHE_CONFIG"]["CACHE_PUBLISHED"]))

    @app.before_request
    def kept() -> Response | None:
        key = _key()
        found = cache.get(key) if key else None
        if found is None:
            g.keep_as = key
            return None
        return Response(found, mimetype=JSON)

    @app.after_request
    def keep(answer: Response) -> Response:
        key = g.pop("keep_as", None)
        # asked again: rights may have changed while the answer was put together
        if key and answer.status_code == OK and answer.mimetype == JSON and key == _key():
            cache.set(key, answer.get_data())
        return answer


def _key() -> str | None:
    """What the answer to this request depends on; None for requests whose answers are not kept."""
    if not _is_kept():
        return None
    from superset import security_manager
    from superset.extensions import db

    user = g.get("user")
    if user is None or user.is_anonymous or security_manager.is_admin():
        return None
    roles = sorted(role.id for role in security_manager.get_user_roles(user))
    state = db.session.execute(STATE, {"roles": roles, "user": user.id})
    said = [f"{roles}{request.method}{request.full_path}", *sorted(map(repr, state))]
    return hashlib.sha256("\n".join(said).encode() + request.get_data()).hexdigest()


def _is_kept() -> bool:
    if request.method == "GET":
        return PAGES.fullmatch(request.path) is not None
    if request.method != "POST" or request.path != TILES:
        return False
    asked: Any = request.get_json(silent=True)
    return isinstance(asked, dict) and asked.get("result_format") == "json" and not asked.get("force")
