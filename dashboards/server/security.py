"""Who may log in and who may read what: pages go by role, data by dataset permission alone."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask import Flask, g, has_request_context
from flask_appbuilder.security.sqla.models import assoc_permissionview_role
from flask_jwt_extended import get_jwt
from sqlalchemy import func
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager

from server import sessions
from server.limiter import looked_at


class OwnSecurityManager(SupersetSecurityManager):
    """Superset's, with wrong log-ins held off, and no way to data through a page or a chart that shows it."""

    def auth_user_db(self, username: str, password: str) -> Any:
        """The account for a name or a mail address and a password, from the form or the API; None for a wrong one."""
        typed, found = unicodedata.normalize("NFKC", username or "").strip(), []
        account = self._account_of(typed)
        g.epoch_at_log_in = sessions.epoch_of(account.id) if account else 0

        def look() -> bool:
            found.append(super(OwnSecurityManager, self).auth_user_db(typed, password))
            return found[0] is not None

        # every way to write an account's name counts on the account
        return found[0] if looked_at(counted_as(account, typed), look) else None

    def load_user_jwt(self, _jwt_header: Any, jwt_data: dict[str, Any]) -> Any:
        """The account of a token, unless its sessions have been ended since."""
        if jwt_data.get(sessions.EPOCH) != sessions.epoch_of(int(jwt_data["sub"])):
            return None
        return super().load_user_jwt(_jwt_header, jwt_data)

    def create_jwt_manager(self, app: Flask) -> Any:
        """Flask-AppBuilder's, with the account's epoch in each token."""
        manager = super().create_jwt_manager(app)
        manager.additional_claims_loader(_epoch_claim)
        return manager

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

    def _account_of(self, typed: str) -> Any:
        """The account that a name or a mail address belongs to, in whatever case."""
        for column in (self.user_model.username, self.user_model.email):
            asked = self.session.query(self.user_model).filter(func.lower(column) == typed.lower())
            if typed and (found := asked.first()):
                return found
        return None

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


def counted_as(account: Any, typed: str = "") -> str:
    """What wrong passwords of an account are counted under; of one that is not there, the name that was typed."""
    return f"id {account.id}" if account is not None else f"name {typed.casefold()[:100]}"


def _epoch_claim(identity: str) -> dict[str, int]:
    """Of the log-in that a token is made for, or of the token that asks for another."""
    del identity
    return {sessions.EPOCH: g.epoch_at_log_in if "epoch_at_log_in" in g else get_jwt().get(sessions.EPOCH)}
