"""Superset's process: its environment variables, one-off commands, the server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, BinaryIO

from reentry.dashboards.shut_in import DATABASE, KEPT_FROM, TEMPORARY, ShutIn, kept_from, shut_in
from reentry.errors import ReentryError, UsageError
from reentry.project import DASHBOARDS, SUPERSET_PYTHON
from reentry.settings import Settings, load_settings
from reentry.store import Home
from reentry.vault import Vault

LOG = "superset.log"
OURS = ("PATH", "LANG", "LC_ALL", "TZ", "REENTRY_HTTPS", "REENTRY_UPLOAD_MB", DATABASE)


def ask(home: Home, vault: Vault, *command: str, said: dict[str, Any] | None = None) -> Any:
    """Runs ``python -m server.manage COMMAND`` and gives its answer; ``said`` is its input (never on a command line).

    UsageError with its one sentence when it refuses; ReentryError naming the log when it breaks.
    """
    held = shut_in(home)
    ran = subprocess.run(  # noqa: S603 (our own program)
        held.command(home, [str(SUPERSET_PYTHON), "-m", "server.manage", *command]),
        input=json.dumps(said or {}),
        capture_output=True,
        text=True,
        env=environment(home, vault.key("superset"), held),
        check=False,
    )
    if ran.returncode == UsageError.exit_status:
        raise UsageError(ran.stderr.strip().splitlines()[-1])
    if ran.returncode != 0:
        log = home.superset / LOG
        with new_log(home) as file:
            file.write(ran.stderr.encode())
        raise ReentryError(f"Superset broke while it did `{command[0]}`: read {log}, and report what stands there.")
    return json.loads(ran.stdout)


def new_log(home: Home) -> BinaryIO:
    """Superset's log, begun anew: what stands in its place, a link that Superset made too, is removed first."""
    log = home.superset / LOG
    log.unlink(missing_ok=True)
    return log.open("xb")


def environment(home: Home, key: str, held: ShutIn) -> dict[str, str]:
    """The environment in which Superset runs on this home, with its own ``key``; UsageError when it is not installed.

    An allow-list too: of ours go the names of OURS alone, and nothing that leads to the vault. Another setting for
    Superset's process is one more name there.
    """
    if not SUPERSET_PYTHON.exists():
        raise UsageError("Superset's environment is missing: run `make setup` first.")
    return {
        **{name: value for name, value in os.environ.items() if name in OURS},
        "HOME": str(home.superset.resolve()),
        "TMPDIR": str((home.superset / TEMPORARY).resolve()),
        "REENTRY_HOME": str(home.path.resolve()),
        "SUPERSET_SECRET_KEY": key,
        "SUPERSET_CONFIG_PATH": str(DASHBOARDS / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
        "PYTHONPATH": str(DASHBOARDS),
        "PYTHONDONTWRITEBYTECODE": "1",
        KEPT_FROM: os.pathsep.join(map(str, kept_from(home))) if held.holds else "",
        "REENTRY_WEB": json.dumps(web_settings(load_settings(home.path))),
    }


def web_settings(settings: Settings) -> dict[str, list[str]]:
    """What the web server needs of a district's settings."""
    return {"allowed_hosts": list(settings.allowed_hosts), "trusted_proxies": list(settings.trusted_proxies)}


def server_command(host: str, port: int) -> list[str]:
    """The web server: processes, time limits and log are its own affair."""
    return [str(SUPERSET_PYTHON), "-m", "server.web", "--host", host, "--port", str(port)]


def published(home: Home) -> Path:
    """The published version; UsageError when there is none."""
    if not home.current.exists():
        raise UsageError(f"Nothing is published in {home.path}: run `reentry refresh INBOX` first.")
    return home.current
