"""Settings of a district: ``reentry.toml`` in the home folder over the defaults in ``seeds/``."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reentry.errors import UsageError
from reentry.nearest import nearest

LEAST_READ_MEMORY_MB = 400  # what the program itself needs
_TYPES: dict[str, type] = {
    "district_code": str,
    "townships": str,
    "districts": str,
    "rules": str,
    "handover_days": int,
    "one_sided_days": int,
    "horizons": list,
    "term_years": dict,
    "visit_days": dict,
    "library": dict,
    "rhythm_days": dict,
    "command_line_accounts": bool,
    "audit_head_copy": str,
    "audit_head_command": list,
    "read_memory_mb": int,
    "allowed_hosts": list,
    "trusted_proxies": list,
}
_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class Settings:
    """What ``reentry.toml`` says; None or empty means: as in the seeds."""

    district_code: str | None = None
    townships: Path | None = None
    districts: Path | None = None
    rules: Path | None = None
    handover_days: int | None = None
    one_sided_days: int | None = None
    horizons: tuple[int, ...] = ()
    term_years: dict[str, int] = field(default_factory=dict)
    visit_days: dict[str, int] = field(default_factory=dict)
    library_colours: tuple[str, ...] | None = None
    rhythm_days: dict[str, int] = field(default_factory=dict)
    command_line_accounts: bool = False  # REENTRY_ACCOUNT names the account of a command
    audit_head_copy: Path | None = None  # a second file for the heads of the audit log
    audit_head_command: tuple[str, ...] = ()  # is handed each day's head
    read_memory_mb: int = 1500  # limit of the process that reads files
    allowed_hosts: tuple[str, ...] = ()  # names of the dashboards' address, beside this machine's own
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose forwarding headers are believed


def load_settings(home: Path) -> Settings:
    """Reads the settings; UsageError names an unknown key and the nearest known one, or a value of the wrong kind."""
    named = os.environ.get("REENTRY_CONFIG")
    path = Path(named) if named else home / "reentry.toml"
    if not path.exists():
        if named:
            raise UsageError(f"REENTRY_CONFIG names {path}, which does not exist: correct the path or unset it.")
        return Settings()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): let this user read it.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML ({error}): correct that line.") from error
    _check(path, raw)
    return Settings(
        district_code=raw.get("district_code"),
        townships=_beside(path, raw.get("townships")),
        districts=_beside(path, raw.get("districts")),
        rules=_beside(path, raw.get("rules")),
        handover_days=raw.get("handover_days"),
        one_sided_days=raw.get("one_sided_days"),
        horizons=tuple(raw.get("horizons", ())),
        term_years=raw.get("term_years", {}),
        visit_days=raw.get("visit_days", {}),
        library_colours=tuple(raw["library"]["colours"]) if "colours" in raw.get("library", {}) else None,
        rhythm_days=raw.get("rhythm_days", {}),
        command_line_accounts=raw.get("command_line_accounts", False),
        audit_head_copy=path.parent / raw["audit_head_copy"] if "audit_head_copy" in raw else None,
        audit_head_command=tuple(raw.get("audit_head_command", ())),
        read_memory_mb=raw.get("read_memory_mb", 1500),
        allowed_hosts=tuple(raw.get("allowed_hosts", ())),
        trusted_proxies=tuple(raw.get("trusted_proxies", ())),
    )


def _beside(path: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    file = path.parent / name
    if not file.exists():
        raise UsageError(f"{path}: the file {name} is not beside it: put it there or correct the name.")
    return file


def _check(path: Path, raw: dict[str, Any]) -> None:
    for key, value in raw.items():
        if key not in _TYPES:
            raise UsageError(_unknown(path, key, list(_TYPES)))
        if not isinstance(value, _TYPES[key]) or isinstance(value, bool) != (_TYPES[key] is bool):
            raise UsageError(f"{path}: {key} must be of type {_TYPES[key].__name__}, not {value!r}: correct it.")
    for key, value in raw.get("library", {}).items():
        if key != "colours":
            raise UsageError(_unknown(path, f"library.{key}", ["library.colours"]))
        if not isinstance(value, list) or not all(isinstance(colour, str) for colour in value):
            raise UsageError(f'{path}: library.colours must be a list such as ["红", "橙"], not {value!r}: correct it.')
    for table in ("term_years", "visit_days", "rhythm_days"):
        for key, value in raw.get(table, {}).items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise UsageError(
                    f"{path}: {table}.{key} must be a whole number of 0 or more, not {value!r}: correct it."
                )
    if raw.get("read_memory_mb", LEAST_READ_MEMORY_MB) < LEAST_READ_MEMORY_MB:
        raise UsageError(
            f"{path}: read_memory_mb must be {LEAST_READ_MEMORY_MB} or more, not {raw['read_memory_mb']}: correct it."
        )
    if any(not isinstance(h, int) or isinstance(h, bool) or h <= 0 for h in raw.get("horizons", [])):
        raise UsageError(f"{path}: horizons must be whole numbers of days above 0: correct them.")
    if not all(isinstance(word, str) for word in raw.get("audit_head_command", [])):
        raise UsageError(
            f'{path}: audit_head_command must be a list of words such as ["/usr/bin/send-head"]: correct it.'
        )
    for host in raw.get("allowed_hosts", []):
        if not isinstance(host, str) or not _HOST.fullmatch(host):
            raise UsageError(
                f'{path}: allowed_hosts must be names such as "dashboards.example", not {host!r}: '
                "leave out protocol, port and path."
            )
    for proxy in raw.get("trusted_proxies", []):
        if not isinstance(proxy, str) or not _is_network(proxy):
            raise UsageError(
                f'{path}: trusted_proxies must be addresses or networks such as "10.0.0.5", not {proxy!r}: correct it.'
            )


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _unknown(path: Path, key: str, known: list[str]) -> str:
    return f"{path}: unknown key {key}; the nearest known one is {nearest(key, known)}: rename or remove it."
