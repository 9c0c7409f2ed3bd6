"""Who may log in and who may read what: pages go by role, data by dataset permission alone."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context, request
from flask_appbuilder.security.sqla.models import assoc_permissionview_role
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager

from server.limiter import limiter


class OwnSecurityManager(SupersetSecurityManager):
    """Superset's, with wrong log-ins held off, and no way to data through a page or a chart that shows it."""

    def auth_user_db(self, username: str, password: str) -> Any:
        """The account for a name and a password, from the form or the API; a wrong one is noted."""
        account, address = (username or "").lower(), request.remote_addr or ""
        user = super().auth_user_db(username, password)
        if user is None:
            limiter().failed(account, address)
        else:
            limiter().succeeded(account, address)
        return user

    def raise_for_access(self, *args: Any, **kwargs: Any) -> None:
        """Refuses data without its dataset's permission, whatever page or chart the request names.

        With DASHBOARD_RBAC, Superset lets a request in that names a page the role may see and a chart on it.
        """
        asked = kwargs.get("query_context") or kwargs.get("viz")
        datasource = asked.datasource if asked is not None else kwargs.get("datasource")
        if datasource is not None and not self._may_read(datasource):
            raise SupersetSecurityException(self.get_datasource_access_error_object(datasource))
        super().raise_for_access(*args, **kwargs)

    def can_drill_dataset_via_dashboard_access(self, dataset: Any, dashboard: Any) -> bool:
        """Drilling is reading: a page gives no permission for it."""
        del dashboard
        return self._may_read(dataset)

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        """Whether one of the roles has a permission: all of theirs are read once a request, which asks twenty times."""
        if not has_request_context():
            return bool(super().exist_permission_on_roles(view_name, permission_name, role_ids))
        known: dict[tuple[int, ...], set[tuple[str, str]]] = g.setdefault("known_permissions", {})
        roles = tuple(sorted(role_ids))
        if roles not in known:
            known[roles] = self._permissions_of(roles)
        return (view_name, permission_name) in known[roles]

    def get_public_permissions(self) -> list[Any]:
        """None: whoever has not logged in is shown nothing, whatever role Public holds."""
        return []

    def _permissions_of(self, roles: tuple[int, ...]) -> set[tuple[str, str]]:
        """View and permission of all that the roles may."""
        held, given = self.permissionview_model, assoc_permissionview_role.c
        asked = (
            self.session.query(self.viewmenu_model.name, self.permission_model.name)
            .join(held, held.view_menu_id == self.viewmenu_model.id)
            .join(self.permission_model, held.permission_id == self.permission_model.id)
            .join(assoc_permissionview_role, given.permission_view_id == held.id)
            .filter(given.role_id.in_(roles))
        )
        return {(view, permission) for view, permission in asked}

    def _may_read(self, datasource: Any) -> bool:
        return self.can_access_schema(datasource) or self.can_access("datasource_access", datasource.perm or "")
