"""Superset's action log without its noise: who opened a page, took data away or ran SQL is kept; each tile is not.

Every tile would be six writes to Superset's own database, a quarter of its time.
"""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request
from superset.utils.log import DBEventLogger

PAGES = ("dashboard",)
KEPT = ("sqllab", "export")
TILE = "ChartDataRestApi.data"
AS_FILE = ("csv", "xlsx")


class QuietLogger(DBEventLogger):
    """Writes what an auditor asks for."""

    def log_with_context(self, action: str, *args: Any, **kwargs: Any) -> None:
        """Lets a page, an export, SQL, and a tile taken away as a file through."""
        if action in PAGES or any(word in action.lower() for word in KEPT) or (action == TILE and _as_file()):
            super().log_with_context(action, *args, **kwargs)


def _as_file() -> bool:
    said = request.get_json(silent=True) if has_request_context() else None
    return isinstance(said, dict) and said.get("result_format") in AS_FILE
