"""What dbt's connection needs before it opens the encrypted databases: httpfs, the clock and the persons' surrogate."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from reentry.store import connection_settings, define_session, load_encryption
from reentry.vault import open_vault


class Plugin(BasePlugin):
    """Named in profiles.yml; dbt-duckdb calls it before it attaches."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Gives dbt's connection the settings of every other."""
        del creds
        config.update(connection_settings(Path(os.environ["REENTRY_HOME"])))

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Defines what models call, for the day in REENTRY_KNOWN_AT."""
        load_encryption(conn)
        known_at = date.fromisoformat(os.environ["REENTRY_KNOWN_AT"])
        define_session(conn, open_vault(Path(os.environ["REENTRY_HOME"])), known_at)
