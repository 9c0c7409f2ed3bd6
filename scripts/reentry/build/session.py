"""What dbt's connection needs before it opens the encrypted databases: httpfs, the clock and the persons' surrogate."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from reentry.store import configure, define_session
from reentry.vault import open_vault


class Plugin(BasePlugin):
    """Named in profiles.yml; dbt-duckdb calls it before it attaches."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Configures the connection as any other, and defines what models call, for the day in REENTRY_KNOWN_AT."""
        spill = os.environ.get("REENTRY_SPILL")
        configure(conn, Path(spill) if spill else None)
        known_at = date.fromisoformat(os.environ["REENTRY_KNOWN_AT"])
        define_session(conn, open_vault(Path(os.environ["REENTRY_HOME"])), known_at)
