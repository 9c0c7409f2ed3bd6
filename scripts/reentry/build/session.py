"""What dbt's connection needs before it opens the encrypted databases: httpfs, the clock and the persons' surrogate."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb_extensions import import_extension

from reentry.store import define_session
from reentry.vault import open_vault


class Plugin(BasePlugin):
    """Named in profiles.yml; dbt-duckdb calls it before it attaches."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Loads encryption and defines ``known_at()`` and ``person_token()`` for the day in REENTRY_KNOWN_AT."""
        import_extension("httpfs")
        conn.execute("load httpfs")
        if spill := os.environ.get("REENTRY_SPILL"):
            conn.execute(f"set temp_directory = '{spill}'")
        known_at = date.fromisoformat(os.environ["REENTRY_KNOWN_AT"])
        define_session(conn, open_vault(Path(os.environ["REENTRY_HOME"])), known_at)
