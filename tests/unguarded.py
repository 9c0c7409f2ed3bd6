"""Superset in one process with the guard switched off: shows what is behind it. Run in Superset's environment.

Reads a line of JSON for each question and answers with one: ``{"routes": true}``, or a request: account, password,
method, path, body. Only this program can switch the guard off: it replaces the function in its own process.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Any


def main() -> None:
    """Answers until nothing more is asked."""
    with redirect_stdout(sys.stderr):
        from superset.app import create_app

        from server import guard

        app = create_app()
        app.config["WTF_CSRF_ENABLED"] = False
        guard.check = lambda said: said
    clients: dict[str, Any] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        with redirect_stdout(sys.stderr):
            answer = _routes(app) if "routes" in asked else _answer(app, clients, asked)
        print(json.dumps(answer), flush=True)


def _routes(app: Any) -> list[dict[str, Any]]:
    return [
        {
            "endpoint": rule.endpoint,
            "rule": rule.rule,
            "methods": sorted(rule.methods - {"HEAD", "OPTIONS"}),
            "arguments": {name: type(kind).__name__ for name, kind in rule._converters.items()},
        }
        for rule in app.url_map.iter_rules()
    ]


def _answer(app: Any, clients: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    name = asked["account"]
    if name not in clients:
        clients[name] = app.test_client()
        clients[name].post("/login/", data={"username": name, "password": asked["password"]})
    answer = clients[name].open(asked["path"], method=asked["method"], json=asked["body"])
    return {"status": answer.status_code, "body": answer.get_data(as_text=True)}


if __name__ == "__main__":
    main()
