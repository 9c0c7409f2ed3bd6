"""YAML files of the project: read fast, and what is no YAML said in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from reentry.errors import UsageError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C where PyYAML has it: ten times as fast


def read_yaml(path: Path, where: str) -> dict[str, Any]:
    """The mapping in a file, empty for an empty one; UsageError, which calls the file ``where``, when it is no YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        raise UsageError(f"{where} is not valid YAML ({error}): correct that line.") from error
