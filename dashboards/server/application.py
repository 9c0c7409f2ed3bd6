"""What is done to Superset's application when it starts, and what each page is told about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask

STATIC = Path(__file__).resolve().parent / "static"


def prepare(app: Flask) -> None:
    """Adds our static files to the application."""
    app.register_blueprint(
        Blueprint("reentry_static", __name__, static_folder=str(STATIC), static_url_path="/reentry-static")
    )


def bootstrap(data: dict[str, Any]) -> dict[str, Any]:
    """Changes to what the browser is told at the start of a page."""
    del data
    return {}
