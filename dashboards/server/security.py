"""Who may read what: pages go by role, data by dataset permission alone."""

from __future__ import annotations

from typing import Any

from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager


class OwnSecurityManager(SupersetSecurityManager):
    """Superset's, with the way closed by which a page's roles read every dataset on it."""

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

    def _may_read(self, datasource: Any) -> bool:
        return self.can_access_schema(datasource) or self.can_access("datasource_access", datasource.perm or "")
